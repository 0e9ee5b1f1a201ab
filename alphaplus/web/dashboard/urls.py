"""The addresses of the dashboard, below /ml/."""

from django.urls import path, register_converter

from alphaplus.web.dashboard import views
from alphaplus.web.whole import WholeNumber

register_converter(WholeNumber, "whole")

app_name = "dashboard"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("chart/", views.charts, name="charts"),
    path("chart/<path:symbol>/<str:timeframe>", views.chart, name="chart"),
    path("models", views.models, name="models"),
    path("models/<whole:number>", views.model, name="model"),
    path("backtests", views.backtests, name="backtests"),
    path("backtests/<whole:number>", views.backtest, name="backtest"),
    path("about", views.about, name="about"),
]
