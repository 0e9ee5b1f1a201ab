"""Chart figures of confirmed turning points, a file each, with their mirrored forms.

Flat prices, and prices that never turn by the zigzag's number of average true ranges, have no figures. Of equal highs
the first is the turning point. A spike is a turning point like any other, and by the average true range makes the
next ones rarer until it is forgotten. More than 24 missing bars (`MAX_GAP` of the feature sets) begin all anew: no
figure spans them, and one that lives is interrupted. Prices only count in relation to each other: in another unit the
same bars have the same figures.
"""
