"""One label per file."""
