"""Models kept ready: the ones asked for last, each verified when it was loaded."""

from collections import OrderedDict
from threading import Lock

from alphaplus.core.errors import ColumnsMismatch, ModelUnavailable, StorageError
from alphaplus.models.artifact import load_model
from alphaplus.models.model import Model
from alphaplus.registry.versions import ModelVersion
from alphaplus.storage.base import ArtifactStore


class ModelCache:
    """Loads versions from the artefact store and keeps the `size` used last. Threads may share it."""

    def __init__(self, artifacts: ArtifactStore, *, size: int) -> None:
        self._artifacts = artifacts
        self._size = size
        self._models: OrderedDict[tuple[str, str], Model] = OrderedDict()
        self._lock = Lock()

    def get(self, version: ModelVersion) -> Model:
        """The version's model.

        Raises ModelUnavailable when its artefact is missing or not the registered one, ColumnsMismatch when the
        artefact was trained on another feature set than the registry says.
        """
        key = (version.artifact_uri, version.sha256)
        with self._lock:
            model = self._models.get(key)
            if model is None:
                model = self._models[key] = self._load(version)
            self._models.move_to_end(key)
            while len(self._models) > self._size:
                self._models.popitem(last=False)
            return model

    def __len__(self) -> int:
        return len(self._models)

    def _load(self, version: ModelVersion) -> Model:
        try:
            model = load_model(self._artifacts.open(version.artifact_uri), expected=version.sha256)
            _ = model.session  # the graph is compiled now rather than within the first prediction
        except (StorageError, OSError) as error:
            raise ModelUnavailable(
                f"{version.label} cannot be loaded: {error}",
                hint="roll it back, or train again",
                version=version.number,
            ) from error
        if model.spec.feature_set_hash != version.featureset_hash:
            raise ColumnsMismatch(
                f"the artefact of {version.label} was trained on other features than the registry says",
                hint="train again",
            )
        return model
