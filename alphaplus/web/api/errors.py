"""Which HTTP status each error has, in one table, and how errors become problem details."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from alphaplus.core import errors
from alphaplus.web.problems import problem
from alphaplus.web.request_id import request_id

log = logging.getLogger(__name__)

STATUS: dict[type[errors.AlphaPlusError], int] = {
    errors.UnknownName: 404,
    errors.UnknownVersion: 404,
    errors.UnknownJob: 404,
    errors.MissingBars: 404,
    errors.MissingExtra: 501,
    errors.ConfigError: 422,
    errors.SourceUnavailable: 502,
    errors.SourceError: 502,
    errors.DataError: 422,
    errors.ConflictingWrite: 409,
    errors.StorageError: 500,
    errors.TrainingError: 422,
    errors.IllegalStageChange: 409,
    errors.GatesNotPassed: 409,
    errors.RegistryError: 409,
    errors.ModelUnavailable: 503,
    errors.BudgetExceeded: 503,
    errors.InferenceError: 500,
    errors.JobCancelled: 409,
    errors.JobError: 500,
    errors.AlphaPlusError: 500,
}
SERVER_ERROR = 500


def status_of(error: errors.AlphaPlusError) -> int:
    """The HTTP status of an error: that of its class, or of the nearest class above."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def install(api: NinjaAPI) -> None:
    """Make every failure of the API answer with problem details."""

    @api.exception_handler(errors.AlphaPlusError)
    def ours(request: HttpRequest, error: errors.AlphaPlusError) -> HttpResponse:
        status = status_of(error)
        if status >= SERVER_ERROR:
            log.error("request failed", exc_info=error, extra={"request_id": request_id(request), "path": request.path})
        facts = {name: value for name, value in error.context.items() if isinstance(value, str | int | float | list)}
        return problem(
            request,
            status=status,
            title=type(error).__name__,
            detail=error.message,
            hint=error.hint,
            facts=facts,
            kind=type(error).__name__,
        )

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        found = [{"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]} for e in error.errors]
        detail = "; ".join(f"{one['field']}: {one['message']}" for one in found)
        return problem(
            request, status=422, title="Invalid request", detail=detail, kind="invalid", facts={"errors": found}
        )

    @api.exception_handler(AuthenticationError)
    def anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(
            request, status=401, title="Sign in first", detail="this needs a signed-in user", kind="not-signed-in"
        )

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(request, status=error.status_code, title="Refused", detail=str(error))

    @api.exception_handler(Http404)
    def absent(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(request, status=404, title="Not found", detail="nothing has this address")

    @api.exception_handler(Exception)
    def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("request failed", exc_info=error, extra={"request_id": request_id(request), "path": request.path})
        return problem(request, status=500, title="Internal error", detail="the fault is ours and has been logged")
