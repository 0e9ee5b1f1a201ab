"""Chart figures of confirmed turning points, a file each, with their mirrored forms."""
