"""Chart figures of confirmed turning points, a file each, with their mirrored forms."""

FIGURES = (
    "double_top",
    "double_bottom",
)
"""Every figure by its name; entries and the drawing of charts go by this list."""
