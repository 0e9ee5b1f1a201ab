"""The API itself: its routers, its documentation page, and who may call it."""

from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.security import SessionAuth

from alphaplus import __version__
from alphaplus.web.api import backtests, errors, health, market, models, predictions
from alphaplus.web.api.auth import reader

api = NinjaAPI(
    title="AlphaPlus",
    version=__version__,
    description="Times are milliseconds UTC. A list answers under its noun's name; `next` is the `before` of the "
    "following page. Errors are problem details with a `request_id`.",
    docs=Swagger(settings={"tryItOutEnabled": True}),
    auth=[reader, SessionAuth(csrf=True)],
    urls_namespace="api",
)
errors.install(api)
api.add_router("/ml/models", models.router, tags=["models"])
api.add_router("/ml/predictions", predictions.router, tags=["predictions"])
api.add_router("/ml/health", health.router, tags=["health"])
api.add_router("/market", market.router, tags=["market"])
api.add_router("/backtests", backtests.router, tags=["backtests"])
