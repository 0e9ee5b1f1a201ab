"""Analyse the volume of a symbol: features of its bars, what they mean now, and what models say about it."""

import logging
from pathlib import Path

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.config import Volume
from alphaplus.core.enums import Stage
from alphaplus.core.errors import AlphaPlusError
from alphaplus.core.records import Prediction
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet
from alphaplus.features.volume_answer import VolumeAnalysis, answer_set, volume_answer
from alphaplus.inference.predictor import Predictor, predict_rows
from alphaplus.models.model import Model
from alphaplus.trading.observation import model_columns
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.compiling import compile_first
from alphaplus.workflows.series import symbols_for

log = logging.getLogger(__name__)


class VolumeRequest(Request):
    """Whose volume to analyse; every stored symbol of the timeframe when none is named."""

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1


def analyze_stored(request: VolumeRequest, ports: Ports) -> list[VolumeAnalysis]:
    """The answer at the newest stored bar of each symbol, with the predictions of all versions in production.

    A version that cannot speak is told in the log and left out. Raises MissingBars when a series is not stored.
    """
    symbols, answers = symbols_for(request.symbols, request.timeframe, ports), []
    compile_first(answer_set(), request.timeframe, ports)
    for symbol in symbols:
        ports.progress.stage(f"analysing {symbol}")
        bars = ports.bars.read(symbol, request.timeframe)
        said = _serving(bars, ports) if len(bars) else []
        answers.append(_analysed(bars, ports.settings.volume, said, cache_folder=ports.settings.cache_folder))
    return answers


def analyze(
    bars: BarFrame, limits: Volume, *, model: Model | None = None, cache_folder: Path | None = None
) -> VolumeAnalysis:
    """The answer at the last of the bars, with what a model says about it; raises MissingBars without any."""
    said: list[Prediction] = []
    if model is not None and len(bars):
        frame = compute_features(bars, model.spec.features, cache_folder=cache_folder)
        model.check_columns(frame.columns)
        said = predict_rows(model, frame.values[-1:], frame.close_time[-1:], bars.instrument.symbol)
    return _analysed(bars, limits, said, cache_folder=cache_folder)


def _analysed(
    bars: BarFrame, limits: Volume, said: list[Prediction], *, cache_folder: Path | None = None
) -> VolumeAnalysis:
    return volume_answer(compute_features(bars, answer_set(), cache_folder=cache_folder), limits, predictions=said)


def _serving(bars: BarFrame, ports: Ports) -> list[Prediction]:
    predictor, symbol, said = Predictor(ports.artifacts), bars.instrument.symbol, []
    as_of = bars.close_time[-1:]
    for version in ports.models.find(stage=Stage.PRODUCTION, symbol=symbol):
        if version.slot.timeframe is not bars.timeframe or version.trained_to >= as_of[0]:
            continue
        try:
            columns = FeatureSet("model", model_columns(version))
            frame = compute_features(bars, columns, cache_folder=ports.settings.cache_folder)
            said += predictor.predict(version, frame.values[-1:], frame.columns, as_of, symbol)
        except AlphaPlusError as error:
            log.warning("version gave no prediction", extra={"version": version.number, "why": str(error)})
    return said
