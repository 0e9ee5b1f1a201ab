"""The step-function contract, the engine, and the library of features.

The Python API calls `ap.features()` for the catalog, and a package's attribute of that name is this very module as soon
as anything has imported it; so the module can be called.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


class _Callable(ModuleType):
    def __call__(self) -> "pl.DataFrame":
        """The catalog of features as a table."""
        from alphaplus.features.listing import catalog

        return catalog()


sys.modules[__name__].__class__ = _Callable
