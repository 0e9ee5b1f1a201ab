"""Every address of the application."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from alphaplus.web.api.app import api
from alphaplus.web.signin import use_link
from alphaplus.web.stream.view import stream

urlpatterns = [
    path("", RedirectView.as_view(url="/ml/")),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("signin/<str:token>", use_link, name="signin"),
    path("ml/stream", stream, name="stream"),
    path("ml/", include("alphaplus.web.dashboard.urls")),
]
