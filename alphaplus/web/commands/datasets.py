"""`alphaplus datasets`: what models learned from, and whether it can be had again."""

import argparse
from typing import Any

from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import count_of, utc

COLUMNS = ("hash", "symbols", "timeframe", "features", "label", "regime", ">rows", "made")
SHOWN = 12  # characters of a hash
SPARE = ("made", "features", "timeframe")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Do what the action says."""
    ports = context.ports  # sets the database up, without which no query can be loaded
    from alphaplus.web.queries import datasets as queries

    if arguments.action == "list":
        return _list(queries.datasets(), context)
    found = queries.dataset(arguments.hash)
    if arguments.action == "show":
        return _show(found, context)
    from alphaplus.datasets.repeat import Stored
    from alphaplus.workflows.repeat import repeat

    again = repeat(Stored.from_json(found), ports)
    same = not again.differences and again.dataset.hash == found["hash"]
    context.screen.result(
        {
            "hash": found["hash"],
            "again": again.dataset.hash,
            "same": same,
            "same_content": again.same_content,
            "differences": list(again.differences),
        }
    )
    if same:
        context.screen.say(f"the same dataset, {found['hash'][:SHOWN]}: {found['rows']:,} rows", tone="good")
        return 0
    context.screen.say(f"another dataset: {again.dataset.hash[:SHOWN]} in place of {found['hash'][:SHOWN]}", tone="bad")
    for difference in again.differences:
        context.screen.say(f"  {difference}")
    rows = "the rows are the same all the same" if again.same_content else "the rows are others"
    context.screen.note(rows)
    return 1


def _list(found: list[dict[str, Any]], context: Context) -> int:
    context.screen.result({"datasets": found})
    rows = [
        (
            one["hash"][:SHOWN],
            " ".join(one["report"]["symbols"]),
            one["recipe"]["timeframe"],
            one["recipe"]["features"]["name"],
            f"{one['recipe']['label']['name']} {one['recipe']['label']['horizon']}",
            one["recipe"]["regime"],
            f"{one['rows']:,}",
            utc(one["created_at"]),
        )
        for one in found
    ]
    context.screen.table("datasets", COLUMNS, rows, spare=SPARE)
    if not found:
        context.screen.note(
            "no dataset yet; one is kept with every training: alphaplus train_ml_model --symbols BTCUSDT"
        )
    return 0


def _show(found: dict[str, Any], context: Context) -> int:
    context.screen.result(found)
    recipe, report, say = found["recipe"], found["report"], context.screen.say
    label, features = recipe["label"], recipe["features"]["name"]
    params = ", ".join(f"{name} {value}" for name, value in label["params"].items() if value is not None)
    say(f"dataset {found['hash']}")
    worth = f"{found['rows']:,} rows worth {report['n_eff']:,.0f} independent ones"
    say(f"  {worth}, {report['columns']} columns of {features}")
    ahead = f"{count_of(label['horizon'], 'bar')} ahead"
    say(f"  {label['name']}, {ahead}, {params or 'no parameters'}, regime {recipe['regime']}")
    say(f"  rows from {utc(report['first'])} to {utc(report['last'])} UTC")
    for one in recipe["series"]:
        symbol, span = one["instrument"]["symbol"], f"{utc(one['first'])} to {utc(one['last'])} UTC"
        say(f"  {symbol} {recipe['timeframe']}: {one['rows']:,} bars, {span}, {one['sha256'][:SHOWN]}")
    say(f"  by {', '.join(f'{name} {version}' for name, version in recipe['libraries'].items())}")
    numbers = ", ".join(str(number) for number in found["versions"])
    say(f"  learned by version{'s' if len(found['versions']) != 1 else ''} {numbers or 'none'}")
    context.screen.note(f"have it again: alphaplus datasets repeat {found['hash'][:SHOWN]}")
    return 0
