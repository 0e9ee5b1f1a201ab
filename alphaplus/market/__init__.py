"""Where bars come from and how they are made clean."""
