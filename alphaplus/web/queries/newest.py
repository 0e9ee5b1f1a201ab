"""Of several runs over the same bars, what the newest one said about each bar."""

from typing import Any, TypeVar

from django.db.models import Max, Model, QuerySet

Row = TypeVar("Row", bound=Model)


def newest_per_bar(rows: "QuerySet[Row]") -> "QuerySet[Row]":
    """The rows that were written last for their `as_of`."""
    last: Any = rows.order_by().values("as_of").annotate(newest=Max("pk")).values("newest")
    return rows.model._default_manager.filter(pk__in=last)
