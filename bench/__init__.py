"""Benchmarks: one file for each claim about speed, next to a peer measured in the same run."""
