"""Voters of the rules panel, one file each."""
