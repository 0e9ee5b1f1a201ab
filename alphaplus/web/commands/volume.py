"""`alphaplus volume`: what the volume of the newest stored bars says."""

import argparse

from alphaplus.core.bars import Timeframe
from alphaplus.features.volume_answer import shown
from alphaplus.web.commands.run import Context
from alphaplus.workflows.series import stored_among
from alphaplus.workflows.volume import VolumeRequest, analyze_stored

COLUMNS = ("column", ">value")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the answer of every symbol asked for; the exit code is that of missing data where one is not stored."""
    timeframe = Timeframe(arguments.timeframe)
    among = stored_among(tuple(arguments.symbols or ()), timeframe, context.ports)
    answers = analyze_stored(VolumeRequest(symbols=among.symbols, timeframe=timeframe), context.ports)
    analyses = [answer.to_dict() for answer in answers]
    context.screen.result({"analyses": analyses, "missing": [str(error) for error in among.missing]})
    for answer in answers:
        for line in answer.lines():
            context.screen.say(line)
        rows = [(column, shown(value)) for column, value in answer.columns.items()]
        context.screen.table(f"{answer.symbol} {answer.timeframe}", COLUMNS, rows)
    return context.screen.left_out(among.missing)
