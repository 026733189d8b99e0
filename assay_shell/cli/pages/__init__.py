"""The reference as files: a Markdown page for each builtin group and module, an index, and lists for models."""
