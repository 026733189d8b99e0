"""What it takes to show values: text, HTML, and the head of what is far too long."""
