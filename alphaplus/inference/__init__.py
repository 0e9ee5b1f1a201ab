"""Serve the right model versions for one moment."""
