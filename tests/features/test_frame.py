"""Computed features as tables for people."""

from datetime import UTC, datetime

import numpy as np

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.features.contract import feature
from alphaplus.features.frame import FeatureFrame


def test_codes_become_words_and_times_become_utc(catalog):
    @feature(inputs=("close",), outputs=("mood",), words={"mood": {-1: "bear", 1: "bull"}}, unit="code")
    def mood(s, b, n, close):
        """A code.

        Reference: test.
        """
        return 1.0

    values = np.array([[1.0, 0.5], [np.nan, 0.5], [-1.0, np.nan]])
    frame = FeatureFrame(Instrument("A"), Timeframe.H1, ("mood", "return_1"), np.arange(3) * Timeframe.H1.ms, values)
    table = frame.to_words()
    assert table["mood"].to_list() == ["bull", None, "bear"]
    assert table["return_1"].to_list()[:2] == [0.5, 0.5]
    assert table["open_time"].to_list()[1] == datetime(1970, 1, 1, 1, tzinfo=UTC)
