"""Candlestick patterns: all 61 of TA-Lib, a column each, and what each looks like and is taken for.

A column is TA-Lib's own number: its sign is the direction, or the colour of the candle where the pattern has none;
100 is a pattern that is fully there, 80 one with an edge at which only an equal price holds it, and 200 the later
confirmation of a hikkake. "Long", "short", "near" and the like are measured on the ten candles before, as TA-Lib's
defaults have it.
"""

from typing import NamedTuple

from alphaplus.features.talib import talib_feature
from alphaplus.patterns.contract import Drawing, Life, PatternSpec, patterns

UNIT = "TA-Lib's number in [-200, 200], 0 for none"
NISON = "Nison, Japanese Candlestick Charting Techniques (1991)"
MORRIS = "Morris, Candlestick Charting Explained (1992)"
CHESLER = "Chesler, Trading False Moves with the Hikkake Pattern, Active Trader (2004)"


class Candle(NamedTuple):
    """A function of TA-Lib: how many candles its pattern spans, at which bar its first value comes, and its text."""

    function: str
    bars: int
    warmup: int
    description: str
    book: str = NISON
    directed: bool = True  # where not, TA-Lib's sign says nothing of where the price should go
    penetration: float | None = None  # how far the last candle must reach into the first one's body, TA-Lib's default


CANDLES = (
    Candle(
        *("CDL2CROWS", 3, 13),
        "Two crows: after a long white candle one gaps up and closes black, the next closes black within the "
        "white body; a turn down.",
        MORRIS,
    ),
    Candle(
        *("CDL3BLACKCROWS", 3, 14),
        "Three black crows: three falling black candles close near their lows, each opening within the body "
        "before; a turn down.",
    ),
    Candle(
        *("CDL3INSIDE", 3, 13),
        "Three inside up or down: a short candle within the body of a long one, then a close beyond it the other "
        "way; a turn.",
        MORRIS,
    ),
    Candle(
        *("CDL3LINESTRIKE", 4, 9),
        "Three-line strike: three candles go one way and a fourth takes all of it back; the way of the three goes on.",
        MORRIS,
    ),
    Candle(
        *("CDL3OUTSIDE", 3, 4),
        "Three outside up or down: an engulfing candle, then a close farther the same way; a confirmed turn.",
        MORRIS,
    ),
    Candle(
        *("CDL3STARSINSOUTH", 3, 13),
        "Three stars in the south: three black candles, each smaller and with a higher low; selling ends, a turn up.",
        MORRIS,
    ),
    Candle(
        *("CDL3WHITESOLDIERS", 3, 13),
        "Three white soldiers: three rising white candles close near their highs, each opening in or near the "
        "body before; a turn up.",
    ),
    Candle(
        *("CDLABANDONEDBABY", 3, 13),
        "Abandoned baby: a doji apart by gaps on both sides between a long candle and one of the other colour; a turn.",
        penetration=0.3,
    ),
    Candle(
        *("CDLADVANCEBLOCK", 3, 13),
        "Advance block: three rising white candles with shrinking bodies and longer upper shadows; buying tires, "
        "a turn down.",
    ),
    Candle(
        *("CDLBELTHOLD", 1, 11),
        "Belt-hold: a long candle that opens at its extreme and runs the other way; a turn the way it ran.",
    ),
    Candle(
        *("CDLBREAKAWAY", 5, 15),
        "Breakaway: a long candle, a gap, two more candles that way, then a close back inside the gap; a turn.",
        MORRIS,
    ),
    Candle(
        *("CDLCLOSINGMARUBOZU", 1, 11),
        "Closing marubozu: a long candle that closes at its extreme; its way goes on.",
    ),
    Candle(
        *("CDLCONCEALBABYSWALL", 4, 14),
        "Concealing baby swallow: four black candles, the last of which engulfs a gapping third with its shadow; "
        "a turn up.",
        MORRIS,
    ),
    Candle(
        *("CDLCOUNTERATTACK", 2, 12),
        "Counterattack: a long candle answered by a long one of the other colour with the same close; a turn.",
    ),
    Candle(
        *("CDLDARKCLOUDCOVER", 2, 12),
        "Dark cloud cover: after a long white candle one opens above its high and closes below the middle of its "
        "body; a turn down.",
        penetration=0.5,
    ),
    Candle(
        *("CDLDOJI", 1, 11),
        "Doji: a candle that closes where it opened; nobody has won, no direction by itself.",
        directed=False,
    ),
    Candle(
        *("CDLDOJISTAR", 2, 12),
        "Doji star: a long candle, then a doji that gaps onwards; the move loses force, a turn.",
    ),
    Candle(
        *("CDLDRAGONFLYDOJI", 1, 11),
        "Dragonfly doji: open and close at the high above a lower shadow; a low was refused, no direction by itself.",
        directed=False,
    ),
    Candle(
        *("CDLENGULFING", 2, 3),
        "Engulfing: a candle whose body covers that of the one before, of the other colour; a turn its way.",
    ),
    Candle(
        *("CDLEVENINGDOJISTAR", 3, 13),
        "Evening doji star: a long white candle, a doji that gaps up, then a black one deep into the white body; "
        "a turn down.",
        penetration=0.3,
    ),
    Candle(
        *("CDLEVENINGSTAR", 3, 13),
        "Evening star: a long white candle, a short one that gaps up, then a black one deep into the white body; "
        "a turn down.",
        penetration=0.3,
    ),
    Candle(
        *("CDLGAPSIDESIDEWHITE", 3, 8),
        "Side-by-side white lines: after a gap two white candles of like size and open; the way of the gap goes on.",
    ),
    Candle(
        *("CDLGRAVESTONEDOJI", 1, 11),
        "Gravestone doji: open and close at the low below an upper shadow; a high was refused, no direction by itself.",
        directed=False,
    ),
    Candle(
        *("CDLHAMMER", 1, 12),
        "Hammer: a short body above a long lower shadow, near or below the low before; a low was refused, a turn up.",
    ),
    Candle(
        *("CDLHANGINGMAN", 1, 12),
        "Hanging man: a short body above a long lower shadow, near or above the high before; support thins, a "
        "turn down.",
    ),
    Candle(
        *("CDLHARAMI", 2, 12),
        "Harami: a short body within the long body before; the move pauses, a turn against the long candle.",
    ),
    Candle(
        *("CDLHARAMICROSS", 2, 12),
        "Harami cross: a doji within the long body before; the move stops, a turn against the long candle.",
    ),
    Candle(
        *("CDLHIGHWAVE", 1, 11),
        "High wave: a short body between very long shadows; much was tried and nothing won, no direction.",
        directed=False,
    ),
    Candle(
        *("CDLHIKKAKE", 3, 6),
        "Hikkake: an inside bar breaks out one way and fails; a move the other way, at 200 confirmed within "
        "three bars.",
        CHESLER,
    ),
    Candle(
        *("CDLHIKKAKEMOD", 4, 11),
        "Modified hikkake: a hikkake after a second inside bar that closed at its edge; a turn, at 200 confirmed.",
        CHESLER,
    ),
    Candle(
        *("CDLHOMINGPIGEON", 2, 12),
        "Homing pigeon: a short black body within the long black body before; selling slows, a turn up.",
        MORRIS,
    ),
    Candle(
        *("CDLIDENTICAL3CROWS", 3, 13),
        "Identical three crows: three falling black candles, each opening where the one before closed; a turn down.",
        MORRIS,
    ),
    Candle(
        *("CDLINNECK", 2, 12),
        "In-neck: a long black candle, then a white one from below its low to just above its close; the fall goes on.",
    ),
    Candle(
        *("CDLINVERTEDHAMMER", 1, 12),
        "Inverted hammer: a short body that gaps down below a long upper shadow; buyers try, a turn up.",
    ),
    Candle(
        *("CDLKICKING", 2, 12),
        "Kicking: two marubozu of opposite colours apart by a gap; the way of the second one.",
        MORRIS,
    ),
    Candle(
        *("CDLKICKINGBYLENGTH", 2, 12),
        "Kicking by length: two marubozu of opposite colours apart by a gap; the way of the longer one.",
        MORRIS,
    ),
    Candle(
        *("CDLLADDERBOTTOM", 5, 15),
        "Ladder bottom: three falling black candles, a fourth with an upper shadow, then a white one that gaps "
        "up; a turn up.",
        MORRIS,
    ),
    Candle(
        *("CDLLONGLEGGEDDOJI", 1, 11),
        "Long-legged doji: a doji with a long shadow; much was tried and nothing won, no direction.",
        directed=False,
    ),
    Candle(
        *("CDLLONGLINE", 1, 11),
        "Long line: a long body between short shadows; one side rules, its way goes on.",
    ),
    Candle(
        *("CDLMARUBOZU", 1, 11),
        "Marubozu: a long body almost without shadows; one side rules from open to close, its way goes on.",
    ),
    Candle(
        *("CDLMATCHINGLOW", 2, 7),
        "Matching low: two black candles with the same close; that price holds, a turn up.",
        MORRIS,
    ),
    Candle(
        *("CDLMATHOLD", 5, 15),
        "Mat hold: a long white candle, a gap up, three small ones that hold above half of its body, then a new "
        "high; the rise goes on.",
        MORRIS,
        penetration=0.5,
    ),
    Candle(
        *("CDLMORNINGDOJISTAR", 3, 13),
        "Morning doji star: a long black candle, a doji that gaps down, then a white one deep into the black "
        "body; a turn up.",
        penetration=0.3,
    ),
    Candle(
        *("CDLMORNINGSTAR", 3, 13),
        "Morning star: a long black candle, a short one that gaps down, then a white one deep into the black "
        "body; a turn up.",
        penetration=0.3,
    ),
    Candle(
        *("CDLONNECK", 2, 12),
        "On-neck: a long black candle, then a white one from below its low up to that low; the fall goes on.",
    ),
    Candle(
        *("CDLPIERCING", 2, 12),
        "Piercing line: after a long black candle one opens below its low and closes above the middle of its "
        "body; a turn up.",
    ),
    Candle(
        *("CDLRICKSHAWMAN", 1, 11),
        "Rickshaw man: a doji in the middle of a long range; much was tried and nothing won, no direction.",
        directed=False,
    ),
    Candle(
        *("CDLRISEFALL3METHODS", 5, 15),
        "Rising or falling three methods: a long candle, three small ones within it, then a long one beyond it; "
        "its way goes on.",
    ),
    Candle(
        *("CDLSEPARATINGLINES", 2, 12),
        "Separating lines: a candle against the move, then one from the same open the other way; the move goes on.",
    ),
    Candle(
        *("CDLSHOOTINGSTAR", 1, 12),
        "Shooting star: a short body that gaps up below a long upper shadow; a high was refused, a turn down.",
    ),
    Candle(
        *("CDLSHORTLINE", 1, 11),
        "Short line: a short body between short shadows; little happens, no direction.",
        MORRIS,
        directed=False,
    ),
    Candle(
        *("CDLSPINNINGTOP", 1, 11),
        "Spinning top: a short body between shadows that are longer; neither side rules, no direction.",
        directed=False,
    ),
    Candle(
        *("CDLSTALLEDPATTERN", 3, 13),
        "Stalled pattern: two long white candles, then a short one at their top; buying tires, a turn down.",
    ),
    Candle(
        *("CDLSTICKSANDWICH", 3, 8),
        "Stick sandwich: a white candle between two black ones with the same close; that price holds, a turn up.",
        MORRIS,
    ),
    Candle(
        *("CDLTAKURI", 1, 11),
        "Takuri: a dragonfly doji with a very long lower shadow; a low was refused, no direction by itself.",
        directed=False,
    ),
    Candle(
        *("CDLTASUKIGAP", 3, 8),
        "Tasuki gap: after a gap a candle goes back into it and does not close it; the way of the gap goes on.",
    ),
    Candle(
        *("CDLTHRUSTING", 2, 12),
        "Thrusting: a long black candle, then a white one from below its low to below the middle of its body; "
        "the fall goes on.",
    ),
    Candle(
        *("CDLTRISTAR", 3, 13),
        "Tristar: three doji in a row, the middle one apart by a gap; a turn.",
    ),
    Candle(
        *("CDLUNIQUE3RIVER", 3, 13),
        "Unique three river: a long black candle, a harami with a lower low, then a short white one below it; a "
        "turn up.",
        MORRIS,
    ),
    Candle(
        *("CDLUPSIDEGAP2CROWS", 3, 13),
        "Upside gap two crows: after a long white candle two black ones above a gap, the second engulfing the "
        "first; a turn down.",
    ),
    Candle(
        *("CDLXSIDEGAP3METHODS", 3, 3),
        "Gap three methods: two candles of one colour apart by a gap that a third one fills; the way of the "
        "first two goes on.",
        MORRIS,
    ),
)
"""Every candlestick pattern of TA-Lib."""


def _register(candle: Candle) -> None:
    name = candle.function.lower()
    talib_feature(
        candle.function,
        inputs=("open", "high", "low", "close"),
        outputs=(name,),
        options={} if candle.penetration is None else {"penetration": candle.penetration},
        warmup=candle.warmup,
        group="candles",
        unit=UNIT,
        description=candle.description,
    )
    spec = PatternSpec(
        name=name,
        kind="candles",
        life=Life.TRADE,
        drawing=Drawing.MARK,
        description=candle.description,
        reference=f"TA-Lib, function {candle.function}; {candle.book}.",
        bars=candle.bars,
        directed=candle.directed,
    )
    patterns.add(name, spec)


for _candle in CANDLES:
    _register(_candle)
