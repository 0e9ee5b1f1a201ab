"""Inference: one closed bar through a model, beside LightGBM's own Python call in the same run.

A model of 300 trees of 31 leaves on 90 columns predicts rows that differ at every call, on one thread. Ours is measured
three times: the ONNX graph alone, the model (float32 cast, graph, calibration), and the predictor, which also ranks the
confidence and writes the record that is stored. Then the graphs of 300 trees of every boosted family, as deep as its
defaults say, beside the call that the library itself offers.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import WalkForward
from alphaplus.inference.predictor import Predictor
from alphaplus.models.fit import fit
from alphaplus.models.onnx import OnnxModel
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.models.training import Training
from alphaplus.registry.lifecycle import register
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.versions import Slot
from alphaplus.storage.files import FileArtifactStore
from bench._made import made_dataset

ROWS, COLUMNS = 6_000, 90
CALLS = 3_000
BATCH = 100
PARAMS = {"rounds": 300, "num_leaves": 31, "min_leaf_share": 0.002}


def main() -> list[dict[str, object]]:
    """Measure medians and 99th percentiles in microseconds."""
    import lightgbm

    dataset = made_dataset(ROWS, COLUMNS, horizon=1, weakness=4)
    spec = ModelSpec.of(dataset, family="lightgbm", params=PARAMS)
    training = train(spec, dataset, splits=WalkForward(100, 10, max_folds=2))
    model = training.model
    booster = lightgbm.Booster(model_str=model.native.decode())
    wide = dataset.X.astype(np.float64)
    with tempfile.TemporaryDirectory() as folder:
        predictor, version = _served(training, Path(folder))

        def served(start: int, stop: int) -> object:
            return predictor.predict(version, wide[start:stop], dataset.columns, dataset.as_of[start:stop], "BTCUSDT")

        native = _times(lambda a, b: booster.predict(dataset.X[a:b], num_threads=1))
        ours = {
            "the ONNX graph": _times(lambda a, b: model.session.run(dataset.X[a:b])),
            "the model": _times(lambda a, b: model.predict(wide[a:b])),
            "the predictor": _times(served),
        }
        native_batch = _times(lambda a, b: booster.predict(dataset.X[a:b], num_threads=1), size=BATCH)
        our_batch = _times(served, size=BATCH)
        explained = _times(lambda a, b: model.explain(wide[a:b]))
    rows = [_row("one row, LightGBM predict", native, goal="peer")]
    rows += [
        _row(f"one row, {name}", times, goal="under LightGBM" if name != "the predictor" else "under 1000", peer=native)
        for name, times in ours.items()
    ]
    rows.append(_row("one row, exact tree SHAP", explained, goal="under 5000"))
    rows.append(_row(f"{BATCH} rows, LightGBM predict", native_batch, goal="peer"))
    rows.append(_row(f"{BATCH} rows, the predictor", our_batch, goal="under LightGBM", peer=native_batch))
    for family in ("lightgbm", "xgboost", "catboost"):
        rows += _boosted(dataset, family)
    rows.append(
        {
            "name": "ONNX against native, largest difference",
            "value": training.parity.max_error * 1e6,
            "unit": "1e-6",
            "goal": "at most 10",
            "detail": f"{training.parity.rows} rows: real, random, and on every split border",
        }
    )
    return rows


def _boosted(dataset: Dataset, family: str) -> list[dict[str, object]]:
    """One row through the graph of a family's default trees, and through its library, one thread each."""
    fitted = fit(ModelSpec.of(dataset, family=family, params={"rounds": 300}), dataset)
    graph = OnnxModel(fitted.to_onnx())
    native = _times(lambda a, b: fitted.predict(dataset.X[a:b]))
    times = _times(lambda a, b: graph.run(dataset.X[a:b]))
    return [
        _row(f"one row, {family} itself, 300 trees of its defaults", native, goal="peer"),
        _row(f"one row, the ONNX graph of {family}", times, goal="under 20", peer=native, name_of_peer="the library"),
    ]


def _times(call, *, size: int = 1) -> np.ndarray:
    """Microseconds of each call (calls,), a different row at every call."""
    starts = np.random.default_rng(0).integers(0, ROWS - size, CALLS // size + 100)
    for start in starts[:20].tolist():
        call(start, start + size)
    out = np.empty(len(starts))
    for place, start in enumerate(starts.tolist()):
        begun = time.perf_counter_ns()
        call(start, start + size)
        out[place] = (time.perf_counter_ns() - begun) / 1000.0
    return out


def _row(
    name: str, times: np.ndarray, *, goal: str, peer: np.ndarray | None = None, name_of_peer: str = "LightGBM"
) -> dict[str, object]:
    detail = f"median; 99th percentile {np.percentile(times, 99):.1f}"
    if peer is not None:
        detail += f"; {np.median(peer) / np.median(times):.2f} times as fast as {name_of_peer}"
    return {"name": name, "value": float(np.median(times)), "unit": "us", "goal": goal, "detail": detail}


def _served(training: Training, folder: Path):
    artifacts = FileArtifactStore(folder / "artifacts")
    training.save(folder / "artifact")
    address = artifacts.put(folder / "artifact")
    version = register(
        MemoryModelStore(),
        slot=Slot("technical_ml", "BTCUSDT", Timeframe.H1, "all", "signal_direction", 1),
        training=training,
        artifact=address,
        size_bytes=artifacts.size(address),
        created_by="bench",
        clock=FixedClock(0),
    )
    return Predictor(artifacts), replace(version, number=1)


if __name__ == "__main__":
    for line in main():
        print(line)
