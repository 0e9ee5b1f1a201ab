"""The step functions, a file for each idea, by theme; a new file is found by itself."""
