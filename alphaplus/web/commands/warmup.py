"""`alphaplus warmup`: compile the feature loops ahead of their first use."""

import argparse
import time

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import UnknownName
from alphaplus.web.commands.run import Context


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Compile what models, rules and charts compute, or the sets of it that are named, for the timeframes asked for."""
    from alphaplus.features.compiler import warm
    from alphaplus.features.sets import standing_sets
    from alphaplus.trading.pipeline import pipeline_sets
    from alphaplus.web.setup import configure

    configure(context.settings)  # Django's tables stand beside the queries that say what a chart draws
    from alphaplus.web.queries import indicators
    from alphaplus.web.queries.patterns import drawn

    timeframes = [Timeframe.parse(name) for name in arguments.timeframe or ["1h"]]
    began = time.monotonic()
    known = [*standing_sets(), *pipeline_sets(), indicators.drawn(), *drawn()]
    for name in arguments.sets or ():
        if name not in {one.name for one in known}:
            raise UnknownName(name, kind="set to compile", known=[one.name for one in known])
    chosen = [one for one in known if not arguments.sets or one.name in arguments.sets]
    names = [feature_set.name for feature_set in chosen]
    context.progress.stage("compiling", len(names))
    for done, feature_set in enumerate(chosen, start=1):
        for timeframe in timeframes:
            columns = feature_set.for_timeframe(timeframe).columns
            warm(columns, feature_set.max_gap, [timeframe], context.settings.cache_folder)
        context.progress.advance(done, feature_set.name)
    seconds = time.monotonic() - began
    context.screen.result({"sets": names, "timeframes": [str(t) for t in timeframes], "seconds": round(seconds, 2)})
    context.screen.say(f"compiled {len(chosen)} sets for {', '.join(timeframes)} in {seconds:.1f} s")
    return 0
