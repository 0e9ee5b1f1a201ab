"""`alphaplus train_ml_model`: train, validate, register in staging; one model or a grid of them."""

import argparse
from collections.abc import Mapping
from typing import Any

from alphaplus.core.errors import AlphaPlusError
from alphaplus.registry.versions import ModelVersion
from alphaplus.web.commands.grid import failed, grid_json, grid_table
from alphaplus.web.commands.pairs import pairs
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.scores import column_notes, range_note, score_table
from alphaplus.workflows.train import TrainRequest
from alphaplus.workflows.train_many import Cell, TrainManyRequest, train_many
from alphaplus.workflows.trials import trials_of

WALK_FORWARD = {"expanding": "walk_forward", "rolling": "rolling"}
NAMED = 5  # dropped columns that are named
EXAMPLES = {"--param": "num_leaves=15", "--label": "target=3 with --target profitable"}


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Train what was asked for; one model shows its scores beside the baselines, several a line each."""
    request = _request(arguments)
    cells = train_many(request, context.ports, dry_run=arguments.dry_run)
    if len(cells) > 1 or arguments.dry_run:
        context.screen.result(grid_json(cells, dry_run=arguments.dry_run))
        grid_table(cells, context, dry_run=arguments.dry_run)
        return 1 if failed(cells) else 0
    [cell] = cells
    if cell.error is not None:
        raise cell.error
    _one(cell, context)
    return 0


def _request(arguments: argparse.Namespace) -> TrainManyRequest:
    """What the flags ask for; lists that were not given keep their defaults."""
    splits = arguments.splits or WALK_FORWARD[arguments.walk_forward]
    base = learned(arguments).model_copy(update={"splits": splits, "tune": arguments.tune})
    lists = {
        "families": arguments.model_type,
        "targets": arguments.target,
        "horizons": arguments.prediction_horizon,
        "regimes": arguments.regime,
    }
    given = {name: tuple(words) for name, words in lists.items() if words}
    return TrainManyRequest(base=base, each=arguments.each, again=arguments.again, **given)


def _one(cell: Cell, context: Context) -> None:
    """One model in full."""
    version, training = cell.version, cell.training
    if version is None:
        raise AlphaPlusError("the training ended without a version and without an error")
    metrics = version.metrics if training is None else training.metrics
    context.screen.result(
        {
            "number": version.number,
            "label": version.label,
            "stage": version.stage.value,
            "slot": str(version.slot),
            "sha256": version.sha256,
            "dataset_hash": version.dataset_hash,
            "samples": version.samples,
            "seconds": round(version.seconds, 2),
            "trained_from": version.trained_from,
            "trained_to": version.trained_to,
            "params": dict(version.spec.params),
            "there_before": cell.there_before,
            "metrics": dict(metrics),
            "cells": grid_json([cell])["cells"],
        }
    )
    _say(cell, version, context)
    score_table(context.screen, metrics)
    if cell.there_before:
        context.screen.note("nothing was trained; to train it anew: --again")
    context.screen.note(f"next: alphaplus evaluate_and_promote --candidate {version.number}")


def _say(cell: Cell, version: ModelVersion, context: Context) -> None:
    say, training = context.screen.say, cell.training
    was = "was there before, from the same spec and data, and" if training is None else ""
    say(
        " ".join(f"version {version.number} ({version.label}) {was} is in {version.stage}; slot {version.slot}".split())
    )
    metrics: Mapping[str, Any] = version.metrics if training is None else training.metrics
    folds = f"{len(training.folds)} folds, " if training is not None else ""
    say(f"  {version.samples:,} training rows, {folds}{version.seconds:.1f} s of fitting")
    if cell.request.tunes:
        won = ", ".join(
            f"{name}={value}" for name, value in version.spec.params.items() if name not in cell.request.params
        )
        tried = trials_of(version.slot, context.ports)
        say(f"  tuning chose {won or 'the defaults'}; {tried} specs tried for the slot")
    range_note(context.screen, metrics)
    column_notes(context.screen, metrics, most=NAMED)
    if len((metrics.get("dataset", {}).get("selection") or {}).get("dropped", ())) > NAMED:
        context.screen.note(f"all that was dropped: alphaplus models show {version.number}")


def learned(arguments: argparse.Namespace) -> TrainRequest:
    """What the flags that training and tuning share ask for."""
    return TrainRequest(
        model_name=arguments.model_name,
        symbols=tuple(arguments.symbols or ()),
        timeframe=arguments.timeframe,
        training_days=arguments.training_days,
        threshold=arguments.threshold,
        label_params=pairs("--label", arguments.label, example=EXAMPLES["--label"]),
        half_life_days=arguments.half_life_days,
        balance_classes=arguments.balance_classes,
        weight_by_return=arguments.weight_by_return,
        features=arguments.features,
        select=arguments.select,
        anomaly=arguments.anomaly,
        seed=arguments.seed,
        params=pairs("--param", arguments.param, example=EXAMPLES["--param"]),
    )
