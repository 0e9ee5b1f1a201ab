"""The admin's frame: its navigation, its own style sheet, and the way back to the dashboard."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from alphaplus.core.enums import Stage
from alphaplus.web.models import ModelVersion

GROUPS = (
    ("Models", (("Versions", "modelversion", "deployed_code"), ("Slots", "slot", "grid_view"),
                ("Evaluations", "evaluation", "rule"), ("Training sessions", "trainingsession", "model_training"),
                ("Datasets", "dataset", "dataset"))),
    ("Serving", (("Predictions", "prediction", "online_prediction"), ("Decisions", "decision", "how_to_vote"),
                 ("Signals", "signal", "candlestick_chart"))),
    ("Trading", (("Backtests", "backtestrun", "history"), ("Trades", "trade", "swap_vert"))),
    ("Data", (("Imports", "dataimport", "upload_file"), ("Quarantined rows", "quarantinedrow", "block"),
              ("Feeds", "feed", "sensors"), ("Forming bars", "formingbar", "bar_chart"))),
    ("House", (("Audit trail", "auditevent", "fact_check"), ("Alerts", "alert", "notifications"),
               ("Outbox", "outbox", "outbox"), ("Sign-in links", "signinlink", "link"))),
)  # fmt: skip
WAITING = "alphaplus.web.admin.site.waiting_versions"


def stylesheet(request: HttpRequest) -> str:
    """Our corrections to the look: contrast of secondary text, JSON blocks."""
    return static("alphaplus/admin.css")


def icon(request: HttpRequest) -> str:
    """The icon of the browser's tab, the same as the dashboard's."""
    return static("dashboard/icon.svg")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: our tables by theme, then people and permissions."""
    groups = [
        {
            "title": title,
            "items": [
                {"title": name, "icon": icon, "link": reverse(f"admin:alphaplus_{table}_changelist")}
                | ({"badge": WAITING} if table == "modelversion" else {})
                for name, table, icon in entries
            ],
        }
        for title, entries in GROUPS
    ]
    people = [
        {"title": "Users", "icon": "person", "link": reverse("admin:auth_user_changelist")},
        {"title": "Groups", "icon": "group", "link": reverse("admin:auth_group_changelist")},
    ]
    back = [{"title": "Overview", "icon": "arrow_back", "link": "/ml/"}]
    return [{"title": "Dashboard", "items": back}, *groups, {"title": "People", "items": people}]


def waiting_versions(request: HttpRequest) -> int | str:
    """How many versions wait in staging; nothing when none does."""
    return ModelVersion.objects.filter(stage=Stage.STAGING.value).count() or ""
