"""Fill an empty home for the browser tests: a simulated market with a gap, a backtest, and two judged versions."""

import os
import sys
from dataclasses import replace

import numpy as np
import polars as pl

from alphaplus.core.bars import Timeframe
from alphaplus.core.config import load_settings
from alphaplus.core.enums import Stage
from alphaplus.core.records import GateResult
from alphaplus.market.sources.simulated import simulate
from alphaplus.web.plain import plain
from alphaplus.web.setup import setup

BARS, GAP = 2600, 30
GAP_FROM_END = 700


def main() -> None:
    settings = load_settings(os.environ)
    setup(settings)
    from alphaplus.web.ports import open_ports
    from alphaplus.workflows.backtest import BacktestRequest, backtest

    ports = open_ports(settings)
    bars = simulate("M1", bars=BARS)
    kept = np.ones(BARS, dtype=bool)
    kept[BARS - GAP_FROM_END : BARS - GAP_FROM_END + GAP] = False
    ports.bars.append(replace(bars, table=bars.table.filter(pl.Series(kept)), bayes=None))
    ports.bars.append(simulate("N0", bars=500, timeframe=Timeframe.H4))
    ports.bars.append(simulate("N0", bars=1500))
    backtest(BacktestRequest(symbols=("SIM-M1",)), ports)
    add_versions()


def add_versions() -> None:
    """Two versions of another series as the registry keeps them: one that failed its gates, one that was archived."""
    from alphaplus.web.models import Evaluation, ModelVersion, Slot

    slot = Slot.objects.create(
        name="technical_ml", symbol="SIM-N0", timeframe="4h", regime="all", target="signal_direction", horizon=1
    )
    interval = {"value": 0.502, "low": 0.488, "high": 0.515}
    part = {
        "first": 1_700_000_000_000,
        "last": 1_730_000_000_000,
        "judged": 1200,
        "n_eff": 1180.0,
        "model": {"roc_auc": interval, "skill": {"value": -0.001, "low": -0.004, "high": 0.002}},
        "baselines": {"base_rate": {"roc_auc": 0.5, "skill": 0.0}, "one_lag": {"roc_auc": 0.51, "skill": 0.001}},
    }
    for stage in (Stage.ARCHIVED, Stage.STAGING):
        version = ModelVersion.objects.create(
            label=f"lgb_sim-n0_4h_{stage}",
            slot=slot,
            stage=stage.value,
            family="lightgbm",
            spec={"feature_set": "core", "params": {}, "seed": 0},
            artifact_uri="none",
            sha256="0" * 64,
            dataset_hash="1" * 64,
            featureset_hash="2" * 64,
            trained_from=1_650_000_000_000,
            trained_to=1_700_000_000_000,
            samples=4800,
            metrics={"oos": part, "holdout": part},
            seconds=3.0,
            size_mb=0.4,
            created_at=1_730_000_000_000,
        )
        why = (
            "the lower bound of skill is not above the base rate: log loss 0.6931 against 0.6929 on 1,200 rows, of "
            "which 1,180 count as independent; a stationary bootstrap of 2,000 draws puts it between -0.0040 and 0.0020"
        )
        gates = [
            GateResult("G0", "parity", value=1.3e-7, threshold=1e-5, n=1200, passed=True),
            GateResult("G1", "skill", value=-0.004, threshold=0.0, n=1200, passed=False, detail=why),
        ]
        Evaluation.objects.create(
            candidate=version,
            window_start=part["first"],
            window_end=part["last"],
            gates=plain(gates),
            verdict="reject",
            risk_score=0.5,
            samples=1200,
            created_at=1_730_000_100_000,
        )


if __name__ == "__main__":
    sys.exit(main())
