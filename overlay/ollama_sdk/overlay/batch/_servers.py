"""One host of a run: its client, its free places, and whether it answers."""

from __future__ import annotations

import time
from contextlib import suppress

from attrs import frozen

from ollama_sdk.overlay import AsyncOllama, ConnectError, OllamaError, OllamaTimeoutError, RequestError, ResponseError
from ollama_sdk.overlay.batch._results import is_of_host, rest_after_failure, retry_after

TIMEOUT = 5.0
"""Seconds per phase of a question about a host, such as whether it is there."""


@frozen
class Host:
    """A host, and how many calls it gets at the same time.

    Args:
        where: Its URL, or a client of it, which stays yours to close; None means OLLAMA_HOST.
        concurrency: How many calls it gets at the same time: what its OLLAMA_NUM_PARALLEL says, or one more.

    Raises:
        RequestError: An argument cannot be used.
    """

    where: str | AsyncOllama | None = None
    concurrency: int = 4

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.where, str | AsyncOllama | None):
            raise RequestError(f"a host is a URL, an AsyncOllama or a Host, not {type(self.where).__name__}")
        check_whole("concurrency", self.concurrency)


def check_whole(name: str, value: object, least: int = 1) -> None:
    """Raise RequestError unless a value is a whole number that is not less."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise RequestError(f"{name} must be a whole number from {least} on, not {value!r}")


class Server:
    """The client of a host and the state of the host, as far as calls have shown it.

    Attributes:
        url: The base URL.
        client: The client, with the retries that it was made with.
        once: The same client without retries.
        places: How many calls it gets at the same time.
        busy: How many calls it has now.
        failing_since: Since when it has not answered, in seconds of `time.monotonic()`; None when it answers.
        is_down: Whether it could not be reached, and has to answer a `version` request before it gets calls.
        rests_until: Until when it is left alone.
        pace: Seconds that a call takes, on average of the last ones.
        last_error: What the last call that failed has failed with.
        models: Models that it is known to have; None is among them once it has answered at all.
    """

    def __init__(self, host: Host) -> None:
        self._is_own = not isinstance(host.where, AsyncOllama)
        self.client = host.where if isinstance(host.where, AsyncOllama) else AsyncOllama(host.where)
        self.once = self.client.with_options(max_retries=0)
        self.url = self.client.base_url
        self.places = host.concurrency
        self.busy = 0
        self.failing_since: float | None = None
        self.is_down = False
        self.rests_until = 0.0
        self.pace = 0.0
        self.last_error: OllamaError | None = None
        self.models: set[str | None] = set()
        self._loaded: set[str] = set()
        self._failures = 0
        self._failed_at = 0.0

    def has_place(self, now: float) -> bool:
        """Whether it takes another call; one that has failed gets a single one until it answers."""
        places = self.places if self.failing_since is None else 1
        return self.busy < places and self.is_usable(now)

    def is_usable(self, now: float) -> bool:
        """Whether it gets calls: it can be reached, and has rested after a failure."""
        return now >= self.rests_until and not self.is_down

    def rank(self, model: str | None) -> tuple[bool, float, float]:
        """Return the sort key by which hosts are picked, the least first."""
        return model is not None and not self.has_loaded(model), self.busy / self.places, self.pace

    def note(self, error: OllamaError | None, started: float) -> None:
        """Note how a call ended.

        Args:
            error: What it failed with.
            started: When it began, in seconds of `time.monotonic()`.
        """
        if error is not None and is_of_host(error):
            self._failed(error, started)
        elif error is None or isinstance(error, ResponseError):
            self.failing_since, self.is_down, self._failures = None, False, 0
            if error is None:
                seconds = time.monotonic() - started
                self.pace = 0.8 * self.pace + 0.2 * seconds if self.pace else seconds

    def _failed(self, error: OllamaError, started: float) -> None:
        """Leave the host alone for a while; calls that were in flight when it failed count as one failure."""
        self.last_error = error
        is_down = isinstance(error, ConnectError | OllamaTimeoutError)
        if started < self._failed_at and is_down <= self.is_down:
            return
        self._failed_at = now = time.monotonic()
        self._failures += 1
        asked = retry_after(error)
        if asked is None and self._failures == 1 and not is_down:
            return  # a single busy answer: it has free places again before a pause would end
        self.is_down = is_down
        if self.failing_since is None:
            self.failing_since = now
        self.rests_until = now + (rest_after_failure(self._failures) if asked is None else asked)

    async def probe(self) -> None:
        """Ask whether it answers."""
        started = time.monotonic()
        try:
            await self.once.version(timeout=TIMEOUT)
        except OllamaError as error:
            self.note(error, started)
        else:
            self.failing_since, self.is_down, self._failures = None, False, 0

    async def look_for_loaded(self) -> None:
        """Ask which models it has in memory."""
        with suppress(OllamaError):
            running = await self.once.ps(timeout=TIMEOUT)
            self._loaded = {_full_name(model.model or "") for model in running.models}

    def has_loaded(self, model: str) -> bool:
        """Whether it has a model in memory, as far as is known."""
        return _full_name(model) in self._loaded

    def note_loaded(self, model: str) -> None:
        """Note that it has answered with a model."""
        self._loaded.add(_full_name(model))

    async def close(self) -> None:
        """Close the client, if it was made here."""
        if self._is_own:
            await self.client.close()


def _full_name(model: str) -> str:
    """The name of a model with its tag, as servers write it."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"
