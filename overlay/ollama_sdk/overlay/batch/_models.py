"""Which hosts have the models that the rows of a run ask for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from typing import Literal

from attrs import define, field

from ollama_sdk.overlay import DecodeError, NotFoundError, OllamaError, ResponseError
from ollama_sdk.overlay.batch._hosts import Hosts
from ollama_sdk.overlay.batch._results import is_of_host
from ollama_sdk.overlay.batch._servers import TIMEOUT, Server

_log = logging.getLogger("ollama_sdk")
IfMissing = Literal["error", "pull", "skip"]


@define(eq=False)
class Models:
    """What is known of the models of the hosts, for one run.

    Attributes:
        hosts: The hosts.
        if_missing: What to do where a host lacks a model.
    """

    _hosts: Hosts
    _if_missing: IfMissing
    # By model, once all hosts were asked for it.
    _lacking: dict[str | None, dict[Server, NotFoundError]] = field(factory=dict, init=False)
    _pulled_at: dict[tuple[Server, str], float] = field(factory=dict, init=False)
    _locks: dict[Server | None, asyncio.Lock] = field(factory=dict, init=False)

    def lacking(self, model: str | None) -> Collection[Server]:
        """The hosts that are known to lack a model, and will not get it."""
        return self._lacking.get(model, ())

    def missing_everywhere(self, model: str | None) -> NotFoundError | None:
        """Return the error for a model that no host has; None if one has it."""
        lacking = self._lacking.get(model, {})
        return _together(lacking) if len(lacking) == len(self._hosts.servers) else None

    async def begin(self, model: str | None) -> None:
        """Ask all hosts whether they answer, and whether they have a model that rows will ask for.

        Raises:
            ConnectError: None answers.
            NotFoundError: One lacks the model, or all do, as `if_missing` says; it names them.
            ResponseError: All are out of order (500).
            OllamaError: One answers with something else, such as a refusal of the key.
        """
        servers = [each for each in self._hosts.servers if not each.is_down and model not in each.models]
        answers = await asyncio.gather(*(self._ask(server, model) for server in servers))
        failed = {server: error for server, error in zip(servers, answers, strict=True) if error}
        lacking = {server: error for server, error in failed.items() if isinstance(error, NotFoundError)}
        if servers and all(server.is_down for server in self._hosts.servers):
            raise self._hosts.unreachable()
        if len(failed) == len(self._hosts.servers) > len(lacking):
            raise next(error for server, error in failed.items() if server not in lacking)
        if self._if_missing == "pull":
            lacking = {}
        if lacking and (self._if_missing == "error" or len(lacking) == len(self._hosts.servers)):
            raise _together(lacking)
        self._lacking[model] = lacking

    async def _ask(self, server: Server, model: str | None) -> ResponseError | None:
        started = time.monotonic()
        error: OllamaError | None = None
        try:
            if model is None:
                await server.once.version(timeout=TIMEOUT)
                server.models.add(None)
            else:
                await self._check(server, model)
        except NotFoundError as failure:
            return failure if model is not None else None
        except OllamaError as failure:
            if isinstance(failure, ResponseError) and failure.status_code == 500:
                return failure  # it is asked again before it gets a row
            if not is_of_host(failure):
                raise
            error = failure
        server.note(error, started)
        return None

    async def ensure(self, server: Server, model: str) -> bool:
        """Return whether a host has a model, which is asked once, and pulled if it is to be.

        Raises:
            NotFoundError: See `begin`.
            OllamaError: The host does not answer, or cannot pull the model.
        """
        if model in server.models:
            return True
        async with self._locks.setdefault(None, asyncio.Lock()):
            if model not in self._lacking:
                await self.begin(model)
        async with self._locks.setdefault(server, asyncio.Lock()):
            if model not in server.models and server not in self.lacking(model):
                try:  # it did not answer when all were asked, or is to pull the model
                    await self._check(server, model)
                except NotFoundError as error:
                    if self._if_missing == "pull":
                        await server.once.pull(model)
                        self._pulled_at[server, model] = time.monotonic()
                        server.models.add(model)
                    else:
                        _log.warning("%s has no model %s, and gets no rows for it", server.url, model)
                        self._lacking[model][server] = error
        return model in server.models

    async def had_lost(self, server: Server, model: str, started: float) -> bool:
        """Whether a host has answered 404 to a row that was sent at `started` because it has lost the model.

        `ensure` asks it again then.
        """
        async with self._locks.setdefault(server, asyncio.Lock()):  # waits for a pull that is running
            if self._pulled_at.get((server, model), started) > started:
                return True
            server.models.discard(model)
            try:
                await self._check(server, model)
            except OllamaError as error:
                return isinstance(error, NotFoundError)
            return False

    async def _check(self, server: Server, model: str) -> None:
        try:
            await server.once.show(model, timeout=TIMEOUT)
        except DecodeError:
            pass  # the status says that the model exists
        except NotFoundError as error:
            if not error.headers.get("content-type", "").startswith("text/plain"):
                raise
            # A server without this route. Its answers to rows will show whether it has the model.
        server.models.add(model)


def _together(lacking: dict[Server, NotFoundError]) -> NotFoundError:
    """One error for all hosts that lack a model; it names the model and each host."""
    first = next(iter(lacking.values()))
    advice = "if_missing='pull' pulls it, 'skip' leaves a host out that lacks it"
    hosts = "; ".join(f"{error.error} at {server.url}" for server, error in lacking.items())
    return NotFoundError(
        f"{hosts}; {advice}", status_code=404, error=first.error, body=first.body, headers=first.headers
    )
