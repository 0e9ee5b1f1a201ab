"""Fans news out to the open streams: one reader looks ten times a second, for all clients of the process."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import DatabaseError, connections

from alphaplus.web.stream import source
from alphaplus.web.stream.client import Client
from alphaplus.web.stream.event import PING, RETRY, encode
from alphaplus.web.stream.source import News

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.1
PING_SECONDS = 15.0
BAR = "bar"
RESET = "reset"

T = TypeVar("T")


class Hub:
    """The streams of one process; everything but the reading happens on the event loop.

    The reader runs while there is a client, on a thread of its own: Django refuses database calls inside an event
    loop, and among the threads of the pages live bars would wait for slow queries.
    """

    def __init__(self, *, interval: float = INTERVAL_SECONDS, ping: float = PING_SECONDS) -> None:
        self._interval = interval
        self._ping = ping
        self._clients: set[Client] = set()
        self._cursor = 0
        self._revisions: dict[str, int] = {}
        self._sequence: Counter[str] = Counter()
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stream-reader")
        self._closed = False

    def __len__(self) -> int:
        return len(self._clients)

    async def stream(self, topic: str, last_id: int | None) -> AsyncIterator[bytes]:
        """The events of a topic for one client: what it missed since `last_id`, the feed's state, then what happens."""
        if self._closed:
            return
        client = Client(topic, last_id)
        try:
            await self._join(client)
            yield RETRY
            yield await self._missed(client, self._cursor)
            while (waiting := await client.next(self._ping)) is not None:
                yield waiting or PING
        finally:
            self._leave(client)

    def close(self) -> None:
        """End every stream, now and from now on."""
        self._closed = True
        for client in self._clients:
            client.close()

    async def _join(self, client: Client) -> None:
        async with self._starting:
            if self._reader is None:
                self._cursor = await self._read(source.newest_id)
                await self._read(lambda: source.forming(self._revisions))
                self._reader = asyncio.create_task(self._follow())
            self._clients.add(client)

    def _leave(self, client: Client) -> None:
        self._clients.discard(client)
        if not self._clients and self._reader is not None:
            self._reader.cancel()
            self._reader = None
            self._thread.submit(connections.close_all)

    async def _missed(self, client: Client, until: int) -> bytes:
        """The feed's state and, for a client that was here before, the events it missed, or word that they are gone."""
        feed = await self._read(lambda: source.feed(client.topic))
        parts = [] if feed is None else [_text(feed)]
        seen = client.seen
        if seen is not None:
            missed = await self._read(lambda: source.events(seen, until=until, topic=client.topic))
            oldest, newest = await self._read(source.oldest_id), await self._read(source.newest_id)
            if seen > newest:  # its events are of another database
                client.seen = None
                parts.append(encode(RESET, {}, id=newest))
            elif len(missed) == source.BATCH or oldest > seen + 1:
                parts.append(encode(RESET, {}, id=until))
            else:
                parts = [*(_text(news) for news in missed), *parts]
        return b"".join(parts) or PING

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                news = await self._read(self._look)
            except DatabaseError:
                log.exception("the outbox cannot be read; trying again")
                news = []
            # Cursor and queues move on in one step, so that a client that joins gets each event once.
            self._cursor = max([self._cursor, *(one.id for one in news if one.id is not None)])
            for one in news:
                self._spread(one)
            due = max(due + self._interval, loop.time())
            await asyncio.sleep(due - loop.time())

    def _look(self) -> list[News]:
        """On the reader's thread: events since the last look, then the forming bars that changed."""
        return [*source.events(self._cursor), *source.forming(self._revisions)]

    def _spread(self, news: News) -> None:
        listeners = [client for client in self._clients if client.topic == news.topic]
        if not listeners:
            return
        if news.kind == BAR:
            self._sequence[news.topic] += 1
            text = _text(news, sequence=self._sequence[news.topic])
        else:
            text = _text(news)
        for client in listeners:
            if news.id is None:
                client.replace(text)
            elif news.id > (client.seen or 0):
                client.put(text)

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _text(news: News, sequence: int | None = None) -> bytes:
    """A bar also says when it was sent and, live, its place in the sequence, by which a client counts gaps."""
    payload = news.payload
    if news.kind == BAR:
        payload = {"sent_at": news.at, **payload}
        if sequence is not None:
            payload["seq"] = sequence
    return encode(news.kind, payload, id=news.id)
