"""Several hosts for the same work: which one gets the next call, and which one is not used for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Self

from ollama_sdk.overlay import AsyncOllama, ConnectError, OllamaError, RequestError
from ollama_sdk.overlay.batch._servers import Host, Server

_LOADED_FOR = 30.0  # seconds for which the answer of `ps` is taken to be true


class Hosts:
    """Several hosts, of which the best one is picked for each call.

    That is one that answers; then one that has the model loaded; then the one with the most free places; then the
    fastest. A host that fails is left alone for a while that grows from a tenth of a second to half a minute; one that
    could not be reached gets no calls before it has answered a `version` request.

    Args:
        hosts: URLs, clients, `Host`s, mixed as you like; None means OLLAMA_HOST. Clients stay yours to close.
        concurrency: How many calls a host gets at the same time, unless it is a `Host` that says otherwise.

    Raises:
        RequestError: There is no host, or something that is none.

    Example:
        >>> hosts = Hosts(["gpu1:11434", Host("gpu2:11434", concurrency=8)])
        >>> hosts
        Hosts(['http://gpu1:11434', 'http://gpu2:11434'])
        >>> async with hosts.client("llama3.2") as client:  # doctest: +SKIP
        ...     await client.generate("llama3.2", "Hi!")
    """

    def __init__(
        self,
        hosts: str | AsyncOllama | Host | Iterable[str | AsyncOllama | Host] | None = None,
        *,
        concurrency: int = 4,
    ) -> None:
        if hosts is None or isinstance(hosts, str | AsyncOllama | Host):
            each: Iterable[str | AsyncOllama | Host | None] = [hosts]
        elif isinstance(hosts, Iterable):
            each = hosts
        else:
            raise RequestError(f"hosts must be a list of URLs or clients, not {type(hosts).__name__}")
        self.servers = [Server(host if isinstance(host, Host) else Host(host, concurrency)) for host in each]
        if not self.servers:
            raise RequestError("there are no hosts; leave hosts out to use OLLAMA_HOST")
        self._listeners: list[Callable[[], object]] = []
        self._probes: dict[Server, asyncio.Task[None]] = {}
        self._looked_at = float("-inf")

    @asynccontextmanager
    async def client(self, model: str | None = None) -> AsyncIterator[AsyncOllama]:
        """The client of the best host, for as long as the block lasts; waits for a free place.

        Args:
            model: The model that will be asked for; a host that has it loaded is preferred.

        Raises:
            ConnectError: No host can be reached.
        """
        if model is not None:
            await self._look_for_loaded()
        while (server := self.take(model)) is None:
            await self._wait()
        started = time.monotonic()
        try:
            yield server.client
        except OllamaError as error:
            server.note(error, started)
            raise
        else:
            server.note(None, started)
            if model is not None:
                server.note_loaded(model)
        finally:
            self.release(server)

    async def _wait(self) -> None:
        """Wait until a place may have become free.

        Raises:
            ConnectError: No host can be reached.
        """
        if all(server.is_down for server in self.servers):
            await asyncio.gather(*(server.probe() for server in self.servers))
            if all(server.is_down for server in self.servers):
                raise self.unreachable()
            return
        changed = asyncio.Event()
        self.listen(changed.set)
        at, loop = self.next_change(), asyncio.get_running_loop()
        timer = None if at is None else loop.call_later(at - time.monotonic(), changed.set)
        try:
            await changed.wait()
        finally:
            self.stop_listening(changed.set)
            if timer is not None:
                timer.cancel()

    def take(
        self, model: str | None = None, avoid: Server | None = None, without: Collection[Server] = ()
    ) -> Server | None:
        """Take a place at the best host; None when there is none now.

        Args:
            model: The model that will be asked for.
            avoid: A host that is taken only where no other one gets calls.
            without: Hosts that are not taken.
        """
        now = time.monotonic()
        if avoid is not None and self.has_other(avoid, without):
            without = (*without, avoid)
        free = [server for server in self.servers if server.has_place(now) and server not in without]
        if not free:
            return None
        best = free[0] if len(free) == 1 else min(free, key=lambda server: server.rank(model))
        best.busy += 1
        return best

    def release(self, server: Server) -> None:
        """Give a place back."""
        server.busy -= 1
        self._notify()

    def has_place(self) -> bool:
        """Whether a host can take a call now; asks those that could not be reached, and have rested, to answer."""
        now = time.monotonic()
        found = False
        for server in self.servers:
            found = found or server.has_place(now)
            if server.is_down and server.rests_until <= now and server not in self._probes:
                self._probes[server] = asyncio.Task(self._probe(server), loop=asyncio.get_running_loop())
        return found

    async def _probe(self, server: Server) -> None:
        try:
            await server.probe()
        finally:
            del self._probes[server]
            self._notify()

    def next_change(self) -> float | None:
        """When the next host has rested, in seconds of `time.monotonic()`."""
        now = time.monotonic()
        return min([server.rests_until for server in self.servers if server.rests_until > now], default=None)

    def away_since(self) -> float | None:
        """Since when no host has answered; None when one has."""
        latest = 0.0
        for server in self.servers:
            if server.failing_since is None:
                return None
            latest = max(latest, server.failing_since)
        return latest

    def unreachable(self) -> ConnectError:
        """The error for hosts none of which can be used, with what each of them failed with."""
        failures = "; ".join(f"{server.url}: {server.last_error}" for server in self.servers)
        return ConnectError(f"no host can be used: {failures}")

    def listen(self, listener: Callable[[], object]) -> None:
        """Call a function whenever a place may have become free."""
        self._listeners.append(listener)

    def stop_listening(self, listener: Callable[[], object]) -> None:
        """End what `listen` began."""
        self._listeners.remove(listener)

    def has_other(self, server: Server, without: Collection[Server] = ()) -> bool:
        """Whether another host than this one gets calls."""
        now = time.monotonic()
        return any(other is not server and other not in without and other.is_usable(now) for other in self.servers)

    def is_shared(self) -> bool:
        """Whether several runs, or other users, wait for places."""
        return len(self._listeners) > 1

    def _notify(self) -> None:
        for listener in list(self._listeners):
            listener()

    async def _look_for_loaded(self) -> None:
        """Ask the hosts that answer which models they have loaded, now and then."""
        now = time.monotonic()
        if now - self._looked_at >= _LOADED_FOR:
            self._looked_at = now
            await asyncio.gather(*(server.look_for_loaded() for server in self.servers if not server.is_down))

    async def close(self) -> None:
        """Close the clients that were made here."""
        probes = list(self._probes.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
        for server in self.servers:
            await server.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Hosts({[server.url for server in self.servers]})"
