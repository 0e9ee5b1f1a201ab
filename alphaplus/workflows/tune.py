"""Tune: the dataset that a training would learn from, better parameters for it, every trial counted in the slot."""

from dataclasses import dataclass

from alphaplus.models.spec import ModelSpec
from alphaplus.models.tune import Tuning
from alphaplus.registry.versions import Slot
from alphaplus.storage.scratch import temporary_folder
from alphaplus.workflows.base import Ports
from alphaplus.workflows.series import symbols_for
from alphaplus.workflows.train import TrainRequest, check_names, dataset_for, datasets_folder, spec_of
from alphaplus.workflows.trials import trials_of, tune_for

TRIALS = 50


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a tuning found for a slot; `trials` are all that were ever tried for it, as the gates count them."""

    slot: Slot
    tuning: Tuning
    trials: int

    @property
    def spec(self) -> ModelSpec:
        """The winner."""
        return self.tuning.spec


def tune(request: TrainRequest, ports: Ports) -> Tuned:
    """Search better parameters on the development part of what a training would learn from; nothing is registered.

    The budget is the request's, 50 trials where it names none; trials of earlier calls with the same dataset count
    towards it. Raises what `train` does, and ConfigError when the family has nothing to tune.
    """
    request = request if request.tunes else request.model_copy(update={"tune": TRIALS})
    check_names(request)
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    with temporary_folder(datasets_folder(ports)) as folder:
        dataset = dataset_for(request, symbols, ports, folder=folder / "0").dataset
        slot, spec = request.slot(dataset.symbols), spec_of(request, dataset)
        tuning = tune_for(slot, spec, dataset, ports, trials=request.tune or None, minutes=request.tune_minutes)
    return Tuned(slot, tuning, trials_of(slot, ports))
