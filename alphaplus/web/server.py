"""Serves pages, API, admin and live events from this process, by uvicorn."""

import asyncio
import logging
import socket
from collections.abc import Callable
from functools import partial

import uvicorn

from alphaplus.core.clock import SystemClock
from alphaplus.core.config import Settings
from alphaplus.core.errors import ConfigError

log = logging.getLogger(__name__)

GRACE_SECONDS = 2
BACKLOG = 512


def serve(settings: Settings, host: str, port: int, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted; port 0 takes a free one.

    `ready` is told the address once requests are answered; by default it and a way to sign in are printed on stderr.
    Raises ConfigError when the port is taken.
    """
    from alphaplus.web.setup import setup

    setup(settings)
    from alphaplus.web.announce import announce  # tables can be imported from here on

    listener = _listen(host, port)
    try:
        _prepare(host)
        from alphaplus.web.asgi import application

        config = uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who is at the other end decides who may read, so nobody may tell us
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        address = _address(host, listener.getsockname()[1])
        _Server(config, partial(ready or announce, address)).run(sockets=[listener])
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """A server that says when it is ready, and ends the event streams before it waits for requests to finish."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await asyncio.to_thread(self._ready)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from alphaplus.web.stream.view import hub

        hub.close()
        await super().shutdown(sockets)


def _prepare(host: str) -> None:
    """Gather static files, end replays whose process is gone, and accept the name that we listen on."""
    from django.conf import settings as django_settings

    from alphaplus.features.contract import features
    from alphaplus.web import assets
    from alphaplus.web.queries import indicators
    from alphaplus.web.queries.feeds import finish_abandoned

    if assets.collect():
        log.info("static files gathered", extra={"folder": str(django_settings.STATIC_ROOT)})
    finish_abandoned(SystemClock().now())
    features.names()  # a broken file of the user is told now, not to whoever opens the first page
    indicators.warm()
    if host not in {"0.0.0.0", "::"} and host not in django_settings.ALLOWED_HOSTS:  # noqa: S104 - compared, not bound
        django_settings.ALLOWED_HOSTS.append(host)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another with --port", port=port
        ) from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
