"""Volume profile: at which prices most was traded of late, its point of control, value area and nodes."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled, window_max, window_min

ROWS = 32  # most rows that the range of the window's prices is divided into, half as many the least
SLOTS = 128  # for rows, a power of two: row k lies at k modulo these, and searches may leave the window's range
FINEST = 2.0**-30  # of the price: the least range that rows divide
GRAINS = 2.0**44  # to the power of two below the largest volume, so that sums of a window are exact
LEAST = 1e-200  # volume that counts as traded
VALUE = 0.7  # share of the volume that makes the value area

TOP, BOTTOM, HEIGHT, RATE, UNIT, SCALE, LOUD, TOTAL, CONTROL = range(9)
PROFILE = 9  # grains by row; after them the prices of the window's bars, then their volumes


@compiled
def _row(s, b, price):
    """Number of the row around a price; rows lie around the whole multiples of their height."""
    return int(price * s[b + RATE] + 0.5)


@compiled
def _slot(b, row):
    """Where the grains of a row are."""
    return b + PROFILE + (row & (SLOTS - 1))


@compiled
def _find_control(s, b):
    """Note the row with most volume, of equal ones the highest."""
    best, most = 0, -1.0
    for row in range(_row(s, b, s[b + BOTTOM]), _row(s, b, s[b + TOP]) + 1):
        volume = s[_slot(b, row)]
        best = row if volume >= most else best
        most = max(most, volume)
    s[b + CONTROL] = best


@compiled
def _rebuild(s, b, span, filled, window):
    """Choose the height of the rows and the size of a grain anew, and sort all bars of the window into rows."""
    prices, volumes = b + PROFILE + SLOTS, b + PROFILE + SLOTS + window
    largest = window_max(s, volumes + filled - 1, filled)
    height = s[b + HEIGHT] if s[b + HEIGHT] > 0.0 else 1.0
    unit = s[b + UNIT] if s[b + UNIT] > 0.0 else 1.0
    while height * ROWS < span:
        height *= 2.0
    while height * (ROWS // 2) >= span:
        height *= 0.5
    while unit * 2.0 < largest:
        unit *= 2.0
    while unit >= largest and unit > LEAST:
        unit *= 0.5
    s[b + HEIGHT], s[b + RATE] = height, 1.0 / height
    s[b + UNIT], s[b + SCALE] = (unit, GRAINS / unit) if largest > LEAST else (0.0, 0.0)
    s[b + LOUD] = s[b + TOTAL] = 0.0
    for k in range(SLOTS):
        s[b + PROFILE + k] = 0.0
    for k in range(filled):
        grains = float(int(s[volumes + k] * s[b + SCALE] + 0.5))
        s[_slot(b, _row(s, b, s[prices + k]))] += grains
        s[b + TOTAL] += grains
        s[b + LOUD] += 1.0 if s[volumes + k] > s[b + UNIT] else 0.0
    _find_control(s, b)


@compiled
def _value_area(s, b, bottom, top):
    """First and last row of the value area."""
    low = high = int(s[b + CONTROL])
    inside, wanted = s[_slot(b, low)], VALUE * s[b + TOTAL]
    while inside < wanted:
        above = s[_slot(b, high + 1)] + s[_slot(b, high + 2)]
        below = s[_slot(b, low - 1)] + s[_slot(b, low - 2)]
        if above >= below:
            inside += above
            high += 2
        if below >= above:
            inside += below
            low -= 2
    return max(low, bottom), min(high, top)


@compiled
def _within(s, b, level):
    """The level, or the end of the range of typical prices beyond which it would lie."""
    return min(max(level, s[b + BOTTOM]), s[b + TOP])


@compiled
def _is_node(s, b, row, least):
    """Whether a row holds enough, more than each of the two above it and no less than each of the two below."""
    volume = s[_slot(b, row)]
    above = (volume > s[_slot(b, row + 1)]) & (volume > s[_slot(b, row + 2)])
    below = (volume >= s[_slot(b, row - 1)]) & (volume >= s[_slot(b, row - 2)])
    return (volume >= least) & above & below


@compiled
def _nearest_node(s, b, close, bottom, top):
    """Row of the node nearest to the close, searched outwards from it, first on the side to which the close leans."""
    inside = min(max(close, bottom * s[b + HEIGHT]), top * s[b + HEIGHT])
    middle, least = _row(s, b, inside), s[b + TOTAL] / (top - bottom + 1)
    side = 1 if inside >= middle * s[b + HEIGHT] else -1
    for away in range(ROWS + 1):
        if _is_node(s, b, middle + side * away, least):
            return middle + side * away
        if _is_node(s, b, middle - side * away, least):
            return middle - side * away
    return int(s[b + CONTROL])


@feature(
    inputs=("typical_price", "close", "volume"),
    outputs=(
        "point_of_control",
        "value_area_low",
        "value_area_high",
        "nearest_volume_node",
        "volume_node_strength",
    ),
    variants=({"window": 240},),
    state=lambda window: PROFILE + SLOTS + 2 * window,
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=("price", "price", "price", "price", "score in [0, 1]"),
)
def volume_profile(s, b, n, price, close, volume, window):
    """Levels of the profile of the last 240 bars, each bar's whole volume put at its typical price.

    Rows are equally high: the power of two of which 16 to 32 make up the range from the lowest to the highest typical
    price, and lie around its whole multiples. So the profile is a function of the window alone, whatever the scale of
    prices and the length of bars. Volumes are counted in grains, 2^44 to the power of two below the largest, so that a
    bar leaves the profile as exactly as it came.

    The point of control is the middle of the row with most volume. The value area grows from it by the two rows above
    or the two below, whichever hold more (both if equal), until it has 70 % of the volume; its low and high are the
    edges of its rows. A volume node is a row of at least the mean volume of a row that tops the two rows on either
    side; the middle of the one nearest to the close is given (the upper of two as near), and its strength: one minus
    that mean over its volume, 0 for a node that does not stand out, 0.5 for one of twice the mean. No level lies beyond
    the typical prices of the window. Without any volume all levels are the typical price, and the strength is 0.

    Reference: Steidlmayer & Hawkins, Steidlmayer on Markets (2003); Dalton, Mind over Markets (1990), on value areas.
    """
    here = b + PROFILE + SLOTS + n % window
    old_price, old_volume = s[here], s[here + window]
    s[here], s[here + window] = price, volume
    if n >= window and old_price == s[b + TOP]:
        s[b + TOP] = window_max(s, b + PROFILE + SLOTS + window - 1, window)
    if n >= window and old_price == s[b + BOTTOM]:
        s[b + BOTTOM] = window_min(s, b + PROFILE + SLOTS + window - 1, window)
    s[b + TOP] = max(s[b + TOP], price)
    s[b + BOTTOM] = min(s[b + BOTTOM], price) if n > 0 else price
    span, unit = max(s[b + TOP] - s[b + BOTTOM], s[b + TOP] * FINEST), s[b + UNIT]
    s[b + LOUD] += (1.0 if volume > unit else 0.0) - (1.0 if old_volume > unit else 0.0)
    fits = (ROWS // 2) * s[b + HEIGHT] < span <= ROWS * s[b + HEIGHT]
    if fits and volume <= 2.0 * unit and (s[b + LOUD] > 0.0 or unit == 0.0):
        old_grains, grains = float(int(old_volume * s[b + SCALE] + 0.5)), float(int(volume * s[b + SCALE] + 0.5))
        old_row, row = _row(s, b, old_price), _row(s, b, price)
        s[_slot(b, old_row)] -= old_grains
        s[_slot(b, row)] += grains
        s[b + TOTAL] += grains - old_grains
        control = int(s[b + CONTROL])
        most = s[_slot(b, control)]
        if old_row == control and old_grains > 0.0:
            _find_control(s, b)
        elif s[_slot(b, row)] > most or (s[_slot(b, row)] == most and row > control):
            s[b + CONTROL] = row
    else:
        _rebuild(s, b, span, min(n + 1, window), window)
    if n < window - 1:
        return nan, nan, nan, nan, nan
    if s[b + TOTAL] <= 0.0:
        return price, price, price, price, 0.0
    bottom, top = _row(s, b, s[b + BOTTOM]), _row(s, b, s[b + TOP])
    low, high = _value_area(s, b, bottom, top)
    node = _nearest_node(s, b, close, bottom, top)
    height = s[b + HEIGHT]
    return (
        _within(s, b, s[b + CONTROL] * height),
        _within(s, b, (low - 0.5) * height),
        _within(s, b, (high + 0.5) * height),
        _within(s, b, node * height),
        max(0.0, 1.0 - s[b + TOTAL] / ((top - bottom + 1) * s[_slot(b, node)])),
    )
