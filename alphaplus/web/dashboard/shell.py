"""What every page of the dashboard is given: navigation, the import map, and whether the chart library is there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

STATIC = Path(__file__).resolve().parent / "static"
MODULES = STATIC / "dashboard" / "js"
CHARTS = "vendor/lightweight-charts.mjs"
WORKER = "dashboard/js/live/worker.js"
SCRIPTS = ("theme.js", "live/worker.js")  # classic scripts, which nothing imports


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation rail and the key that leads there after `g`."""

    name: str
    title: str
    url: str
    key: str
    current: bool


def shell(request: HttpRequest, *, page: str, entry: str = "", charts: bool = False) -> dict[str, Any]:
    """Give the context that `base.html` needs.

    `entry` is the page's own module, below `static/dashboard/js`; with `charts` the chart library is fetched ahead.
    """
    built = assets_built()
    return {
        "places": _places(page),
        "import_map": _import_map(),
        "preload": _preload(entry, charts=charts and built),
        "entry": static(f"dashboard/js/{entry}") if entry else "",
        "assets_built": built,
        "nonce": getattr(request, "csp_nonce", ""),
    }


def assets_built() -> bool:
    """Whether the chart library was fetched when this was installed."""
    return (STATIC / CHARTS).is_file()


def _import_map() -> SafeString:
    """Names of our modules and of the chart library, and the hashed addresses under which they are served."""
    modules = {f"alphaplus/{name.removesuffix('.js')}": static(f"dashboard/js/{name}") for name in _modules()}
    charts = {"lightweight-charts": static(CHARTS)} if assets_built() else {}
    # Only names of our own files get in, and "<" is written so that nothing could end the element.
    return mark_safe(json.dumps({"imports": charts | modules}).replace("<", "\\u003c"))  # noqa: S308


def _preload(entry: str, *, charts: bool) -> list[str]:
    """What to fetch before the page's module asks for it: the modules of its folder, and the shared ones."""
    folder = entry.rpartition("/")[0]
    if not folder:
        return [static(CHARTS)] if charts else []
    shared = ("dom.js", "format.js", "live/stream.js", "live/pill.js")
    own = [name for name in _modules() if name.startswith(f"{folder}/")]
    ours = [static(f"dashboard/js/{name}") for name in (*shared, *own) if charts or name != f"{folder}/view.js"]
    return [*([static(CHARTS)] if charts else []), *ours]


def _modules() -> list[str]:
    names = sorted(path.relative_to(MODULES).as_posix() for path in MODULES.rglob("*.js"))
    return [name for name in names if name not in SCRIPTS]


def _places(page: str) -> list[Place]:
    rows = (
        ("overview", "Overview", "o"),
        ("charts", "Chart", "c"),
        ("models", "Models", "m"),
        ("backtests", "Backtests", "b"),
        ("about", "About", "a"),
    )
    return [
        Place(name, title, reverse(f"dashboard:{name}"), key, name.removesuffix("s") == page.removesuffix("s"))
        for name, title, key in rows
    ]
