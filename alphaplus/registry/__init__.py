"""Which model versions exist, in which stage, and who serves now."""
