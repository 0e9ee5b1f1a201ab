"""`alphaplus train_ml_model`: train, validate, register in staging; one model or a grid of them."""

import argparse
from collections.abc import Mapping
from typing import Any

from alphaplus.core.errors import AlphaPlusError, ConfigError
from alphaplus.models.training import Training
from alphaplus.registry.versions import ModelVersion
from alphaplus.web.commands.grid import failed, grid_json, grid_table
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.scores import column_notes, score_table
from alphaplus.workflows.train import TrainRequest
from alphaplus.workflows.train_many import Cell, TrainManyRequest, train_many

WALK_FORWARD = {"expanding": "walk_forward", "rolling": "rolling"}
NAMED = 5  # dropped columns that are named


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
    base = TrainRequest(
        model_name=arguments.model_name,
        symbols=tuple(arguments.symbols or ()),
        timeframe=arguments.timeframe,
        training_days=arguments.training_days,
        threshold=arguments.threshold,
        features=arguments.features,
        select=arguments.select,
        splits=arguments.splits or WALK_FORWARD[arguments.walk_forward],
        seed=arguments.seed,
        params=_params(arguments.param),
    )
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
            "there_before": cell.there_before,
            "metrics": dict(metrics),
            "cells": grid_json([cell])["cells"],
        }
    )
    _say(version, training, context)
    score_table(context.screen, metrics)
    if cell.there_before:
        context.screen.note("nothing was trained; to train it anew: --again")
    context.screen.note(f"next: alphaplus evaluate_and_promote --candidate {version.number}")


def _say(version: ModelVersion, training: Training | None, context: Context) -> None:
    say = context.screen.say
    was = "was there before, from the same spec and data, and" if training is None else ""
    say(
        " ".join(f"version {version.number} ({version.label}) {was} is in {version.stage}; slot {version.slot}".split())
    )
    metrics: Mapping[str, Any] = version.metrics if training is None else training.metrics
    folds = f"{len(training.folds)} folds, " if training is not None else ""
    say(f"  {version.samples:,} training rows, {folds}{version.seconds:.1f} s of fitting")
    column_notes(context.screen, metrics, most=NAMED)
    if len((metrics.get("dataset", {}).get("selection") or {}).get("dropped", ())) > NAMED:
        context.screen.note(f"all that was dropped: alphaplus models show {version.number}")


def _params(pairs: list[str] | None) -> dict[str, str | int | float]:
    params: dict[str, str | int | float] = {}
    for pair in pairs or []:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--param {pair!r} is not NAME=VALUE", hint="for instance --param num_leaves=15")
        params[name] = _number(text)
    return params


def _number(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
