"""What the builtin groups about files and disks share."""
