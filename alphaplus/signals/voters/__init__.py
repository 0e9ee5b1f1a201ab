"""Voters of the ml panel, one file each."""
