"""Import a model that was trained elsewhere: opened apart, checked, scored on later bars, a version in staging."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alphaplus.core.errors import ColumnsMismatch, ConfigError, ModelRefused
from alphaplus.core.hashing import hash_bytes
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.regimes import check_regime
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.models.adopt import adopt
from alphaplus.models.foreign import read_foreign
from alphaplus.models.quarantine import Expected, open_foreign
from alphaplus.models.spec import ModelSpec
from alphaplus.models.training import Training
from alphaplus.registry.versions import ModelVersion
from alphaplus.workflows.base import Ports
from alphaplus.workflows.model_request import ModelRequest, forgetful, keep, require_one_kind
from alphaplus.workflows.series import symbols_for

LISTED = "columns"  # what the set of columns that were named one by one is called
NUMBERED = re.compile(r"(Column_|c|f|)\d+$")  # how libraries call columns that were given no names


class ImportModelRequest(ModelRequest):
    """Everything that makes a model file a version.

    `columns` are what it was trained on, in its order; without them the columns of the set `features`. `trained_to`
    (ms UTC) is the last moment of which it may have learned.
    """

    file: Path
    columns: tuple[str, ...] = ()
    trained_to: int | None = None


def import_model(request: ImportModelRequest, ports: Ports) -> tuple[ModelVersion, Training]:
    """Bring a model in; nothing is kept unless every check is passed.

    Raises ModelRefused for a file that is not taken, ConfigError without `trained_to`, MissingBars and NotEnoughSamples
    when stored bars do not suffice to judge it, ColumnsMismatch when they cannot give its columns, ParityError.
    """
    if request.trained_to is None:
        raise ConfigError(
            "until when was the model trained? Scores on bars that it may have learned from say nothing",
            hint="--trained-to 2021-12-31, the day of the last bar that a label of its training looked at, or later",
        )
    file = read_foreign(request.file)
    symbols = tuple(sorted(set(symbols_for(request.symbols, request.timeframe, ports))))
    check_regime(request.regime)
    label, features = request.label, _features(request)
    ports.progress.stage("opening the file")
    opened = open_foreign(file, Expected(columns=len(features.columns), outputs=max(len(label.classes), 1)))
    _require_names(opened.column_names, features.columns)
    ports.progress.stage("features and labels")
    frames = [ports.bars.read(symbol, request.timeframe) for symbol in symbols]
    require_one_kind(frames)
    dataset = assemble(frames, features, label, cache_folder=ports.settings.cache_folder, regime=request.regime)
    if dataset.columns != features.columns:
        absent = [column for column in features.columns if column not in dataset.columns]
        raise ColumnsMismatch(
            f"the stored bars cannot give what the model reads: {', '.join(absent)}",
            hint="import the trades or the order book that they need",
        )
    ports.progress.stage("checks and scores")
    origin = hash_bytes(file.content)
    spec = replace(ModelSpec.of(dataset, family=file.family), columns=request.columns, origin=origin)
    about = {"file": file.name, "format": file.format.value, "sha256": origin}
    training = adopt(spec, dataset, opened.native, trained_to=request.trained_to, about=about)
    return keep(training, request, dataset, ports, reason="imported"), training


def _features(request: ImportModelRequest) -> FeatureSet:
    chosen = FeatureSet(LISTED, request.columns) if request.columns else feature_set(request.features)
    impossible = [name for name in chosen.columns if name not in chosen.for_timeframe(request.timeframe).columns]
    if impossible:
        raise ConfigError(
            f"bars of {request.timeframe} give no value to {', '.join(impossible)}", hint="is this its timeframe?"
        )
    return forgetful(chosen)


def _require_names(carried: Sequence[str], columns: Sequence[str]) -> None:
    """Raise ModelRefused when the file itself calls its columns otherwise."""
    if all(NUMBERED.match(name) for name in carried) or tuple(carried) == tuple(columns):
        return
    place = next(i for i, (ours, theirs) in enumerate(zip(columns, carried, strict=True)) if ours != theirs)
    raise ModelRefused(
        f"column {place + 1} of the model is called {carried[place]}, and {columns[place]} is what it would be given",
        hint=f"name the columns as the model does: --columns {','.join(carried)}",
    )
