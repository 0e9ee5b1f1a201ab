"""Features: statistics over the last bars."""
