"""`alphaplus volume`: what the volume of the newest stored bars says."""

import argparse

from alphaplus.features.volume_answer import shown
from alphaplus.web.commands.run import Context
from alphaplus.workflows.volume import VolumeRequest, analyze_stored

COLUMNS = ("column", ">value")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the answer of every symbol asked for."""
    request = VolumeRequest(symbols=tuple(arguments.symbols or ()), timeframe=arguments.timeframe)
    answers = analyze_stored(request, context.ports)
    context.screen.result({"analyses": [answer.to_dict() for answer in answers]})
    for answer in answers:
        for line in answer.lines():
            context.screen.say(line)
        rows = [(column, shown(value)) for column, value in answer.columns.items()]
        context.screen.table(f"{answer.symbol} {answer.timeframe}", COLUMNS, rows)
    return 0
