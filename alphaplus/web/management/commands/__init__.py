"""One thin file per command, as Django finds commands by their files."""
