"""Aligned entries: the entry points that go with the structure of a higher timeframe."""

from alphaplus.patterns.entries import trade

TRIGGERS = ("order_block_retest", "gap_fill", "structure_retest", "sweep_reversal", "figure_breakout")
STRUCTURE = 1100  # bars of the higher timeframe that its structure may go back
HOURS = {"h1": 1, "h4": 4, "d1": 24}  # of one such bar
TOLD = ("born", "grade", "target", "stop")  # what is asked of every trigger, in this order


@trade.entry(
    inputs=(
        *trade.BAR,
        "{clock}_structure_trend",
        *(f"{trigger}_{part}" for trigger in TRIGGERS for part in TOLD),
    ),
    optional=(
        "{clock}_structure_trend",
        *(f"{trigger}_{part}" for trigger in TRIGGERS for part in ("grade", "target", "stop")),
    ),
    variants=[
        {
            "name": f"entry_with_{clock}",
            "clock": clock,
            "title": f"Aligned entry: an entry point in the direction of the structure of bars of {hours} h.",
        }
        for clock, hours in HOURS.items()
    ],
    memory=trade.HORIZON,
    memory_hours=lambda clock: STRUCTURE * HOURS[clock],
    causes=TRIGGERS,
)
def aligned_entry(s, b, n, high, low, close, atr, trend, *triggers):
    """Aligned entry: an entry point on these bars in the direction of the structure of a higher timeframe.

    The higher timeframe gives the structure, as of its last closed bar, these bars the trigger: any of the entry points
    whose direction is that of the structure. Target, stop and strength are the trigger's; the strength is not raised,
    for what agreement is worth is what the outcomes of these events are counted for. Of several triggers on one bar the
    strongest is taken. There is none while the higher timeframe has no direction, and none at all on bars longer than
    those of that timeframe; on bars of just that timeframe it is their own structure.

    Reference: Elder, Trading for a Living (1993), the triple screen: the longer timeframe decides the direction.
    """
    trade.advance(s, b, n, high, low)
    chosen, best = -1, 0.0
    for i in range(len(TRIGGERS)):
        if triggers[4 * i] * trend > 0.0 and triggers[4 * i + 1] > best:
            chosen, best = i, triggers[4 * i + 1]
    if chosen >= 0:
        trade.enter(s, b, n, triggers[4 * chosen], best, triggers[4 * chosen + 2], triggers[4 * chosen + 3])
    return trade.columns(s, b, n, close, float(chosen))
