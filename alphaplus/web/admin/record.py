"""What all our admin lists share: rows are written by workflows, so nobody edits them here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.admin.sites import AdminSite
from django.db.models import BigIntegerField, Field, JSONField, Model
from django.http import HttpRequest

from alphaplus.web.admin import shown

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin

TIMES = ("at", "as_of", "first", "last", "start", "end", "window_start", "window_end", "trained_from", "trained_to")
Method = TypeVar("Method", bound=Callable[..., Any])


class RecordAdmin(ModelAdmin):  # type: ignore[type-arg]  # unfold's class takes no parameter at run time
    """A list to look at: nothing is added, changed or deleted. On its own page a row's times read in UTC."""

    list_fullwidth = True
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False  # counting everything takes long where there is much
    actions = None

    def __init__(self, model: type[Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        self._columns = [_readable(field) for field in model._meta.concrete_fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: workflows write."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: workflows write."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: records stay."""
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Every column."""
        return self._columns

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Every column."""
        return self._columns


def column(
    name: str, *, order: str | None = None, tones: dict[str, str] | None = None, two_lines: bool = False
) -> Callable[[Method], Method]:
    """Turn a method into a list column called `name`.

    With `tones` it gives (state, text) and is drawn as a badge of the state's colour; with `two_lines` it gives
    [first line, second line]. `order` is the field it is sorted by.
    """

    def mark(method: Method) -> Method:
        attributes = {"short_description": name, "admin_order_field": order, "label": tones, "header": two_lines}
        for attribute, value in attributes.items():
            if value:
                setattr(method, attribute, value)
        return method

    return mark


def _readable(field: "Field[Any, Any]") -> str | Callable[[Model], str]:
    if isinstance(field, JSONField):
        return _reader(field.name, shown.as_json)
    if isinstance(field, BigIntegerField) and (field.name.endswith("_at") or field.name in TIMES):
        return _reader(field.name, shown.utc)
    return field.name


def _reader(name: str, write: Callable[[Any], str]) -> Callable[[Model], str]:
    def read(row: Model) -> str:
        return write(getattr(row, name))

    read.__name__ = name
    return column(name.replace("_", " "))(read)
