"""Admin of `sign_in_link`."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from alphaplus.web.admin import shown
from alphaplus.web.admin.record import RecordAdmin, column
from alphaplus.web.models import SignInLink


@admin.register(SignInLink)
class SignInLinkAdmin(RecordAdmin):
    """Who was given a link and when it was used; the links themselves are nowhere."""

    list_display = ("user", "created", "expires", "used")
    list_select_related = ("user",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Everything but the hash."""
        return [one for one in super().get_fields(request, obj) if one != "token_hash"]

    @column("issued", order="created_at")
    def created(self, row: SignInLink) -> str:
        """When it was issued."""
        return shown.utc(row.created_at)

    @column("works until", order="expires_at")
    def expires(self, row: SignInLink) -> str:
        """When it ends."""
        return shown.utc(row.expires_at)

    @column("used", order="used_at")
    def used(self, row: SignInLink) -> str:
        """When it was used."""
        return shown.utc(row.used_at)
