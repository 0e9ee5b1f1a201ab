"""Chart figures of confirmed turning points, a file each, with their mirrored forms.

Flat prices, and prices that never turn by the zigzag's number of average true ranges, have no figures. Of equal highs
the first is the turning point. A spike is a turning point like any other, and by the average true range makes the
next ones rarer until it is forgotten. More than 24 missing bars (`MAX_GAP` of the feature sets) begin all anew: no
figure spans them, and one that lives is interrupted. Prices only count in relation to each other: in another unit the
same bars have the same figures.
"""

FIGURES = (
    *("double_top", "double_bottom", "triple_top", "triple_bottom"),
    *("head_and_shoulders", "inverse_head_and_shoulders", "cup_and_handle", "inverse_cup_and_handle"),
    *("ascending_triangle", "descending_triangle", "symmetric_triangle", "rising_wedge", "falling_wedge"),
    *("rectangle", "ascending_channel", "descending_channel"),
    *("bull_flag", "bear_flag", "bull_pennant", "bear_pennant"),
)
"""Every figure by its name; entries and the drawing of charts go by this list."""
