"""The common part of both clients: settings, copies, pickling."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar
from weakref import WeakValueDictionary

from attrs import evolve

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._checks import check_deadline, check_whole_number, parse_timeout
from ollama_sdk.overlay._config import check_headers, parse_host, resolve_keys
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._sending.builder import RequestBuilder
from ollama_sdk.overlay._sending.hooks import EventHooks, Hooks, check_hooks
from ollama_sdk.overlay._sending.request import Options

if TYPE_CHECKING:
    from ollama_sdk.overlay._annotations import Timeout
    from ollama_sdk.overlay._sending._async.sender import AsyncSender
    from ollama_sdk.overlay._sending._sync.sender import Sender

SenderT = TypeVar("SenderT", "Sender", "AsyncSender")


class BaseClient(Generic[SenderT]):
    """The settings of a client and its copies; `Ollama` and `AsyncOllama` document the arguments."""

    _is_copy = False
    # The client and its copies by identity, once there are any: they share the connections.
    _sharers: WeakValueDictionary[int, BaseClient[SenderT]] | None = None

    def __init_subclass__(cls) -> None:
        """Name the methods of our clients as programs do, in messages of Python, in help() and in pickles."""
        super().__init_subclass__()
        if cls.__module__ == "ollama_sdk.overlay":
            for part in (cls, *cls.__bases__):
                for name, method in vars(part).items():
                    if inspect.isfunction(method):
                        method.__module__, method.__qualname__ = cls.__module__, f"{cls.__name__}.{name}"

    def __init__(
        self,
        sender_class: type[SenderT],
        *,
        host: str | None,
        headers: Mapping[str, str] | None,
        api_key: str | None,
        cloud_api_key: str | None,
        timeout: Timeout | None,
        max_retries: int,
        max_line_bytes: int,
        max_response_bytes: int,
        limits: httpx.Limits | None,
        event_hooks: EventHooks | None,
        http_client: object,
        transport: object,
    ) -> None:
        asynchronous = _awaits(sender_class)
        prefix = "Async" if asynchronous else ""
        _check_injected("http_client", http_client, f"{prefix}Client")
        _check_injected("transport", transport, f"{prefix}BaseTransport")
        _check_injected("limits", limits, "Limits")
        if http_client is not None and transport is not None:
            raise RequestError("give http_client= or transport=, not both")
        if limits is not None and (http_client is not None or transport is not None):
            raise RequestError("limits= is of the SDK's own connections; give yours to the client or transport")
        try:
            parsed = parse_host(host)
        except RequestError as error:
            raise error.with_traceback(None)  # noqa: B904  # the same error, without the frames that read the password
        keys = resolve_keys(parsed, api_key, cloud_api_key)
        options = Options(
            check_headers(headers),
            parse_timeout(timeout),
            check_whole_number("max_retries", max_retries, 0),
            check_whole_number("max_line_bytes", max_line_bytes, 1),
            check_whole_number("max_response_bytes", max_response_bytes, 1),
            check_hooks(event_hooks, awaits=asynchronous),
        )
        self._builder = RequestBuilder(parsed, keys, options)
        self._sender: SenderT = sender_class(parsed, http_client, transport, limits)

    @property
    def _options(self) -> Options:
        return self._builder.options

    @property
    def base_url(self) -> str:
        """The URL of the server in normal form, without user name and password."""
        return self._builder.host.base_url

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return self._sender.is_closed

    def abort(self) -> None:
        """End every call in flight on this client and the copies made by `with_options`, in whatever phase it is.

        A waiting caller gets AbortError, the server sees the connection close, and the client can be used at once.
        Safe in any thread, any task and a signal handler, any number of times.
        """
        self._sender.calls.abort()

    def with_options(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        max_line_bytes: int | None = None,
        max_response_bytes: int | None = None,
        event_hooks: EventHooks | None = None,
    ) -> Self:
        """Return a copy that shares the connections, with other settings; None leaves a setting as it is.

        Leaving a `with` block of a copy closes the connections only if no other client shares them. `close()` closes
        them for all.

        Args:
            timeout: Seconds per phase, or an httpx.Timeout.
            deadline: Seconds that each call may take in all, with its retries, and its stream until that was read;
                `math.inf` for no limit.
            max_retries: How often a request is tried again.
            headers: Headers that are added to the client's own.
            max_line_bytes: The longest line of a streamed answer that is read, in bytes.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            event_hooks: Functions for "request" and "response", instead of the client's own; {} for none.

        Raises:
            RequestError: A setting cannot be used.
        """
        options = self._options
        if timeout is not None:
            options = evolve(options, limits=parse_timeout(timeout))
        if deadline is not None:
            options = evolve(options, deadline=check_deadline(deadline))
        if max_retries is not None:
            options = evolve(options, max_retries=check_whole_number("max_retries", max_retries, 0))
        if headers is not None:
            options = evolve(options, headers={**options.headers, **check_headers(headers)})
        if max_line_bytes is not None:
            options = evolve(options, max_line_bytes=check_whole_number("max_line_bytes", max_line_bytes, 1))
        if max_response_bytes is not None:
            largest = check_whole_number("max_response_bytes", max_response_bytes, 1)
            options = evolve(options, max_response_bytes=largest)
        if event_hooks is not None:
            options = evolve(options, hooks=check_hooks(event_hooks, awaits=_awaits(type(self._sender))))
        return self._copy(options)

    def _with_response_hook(self, hook: Callable[[httpx.Response], object]) -> Self:
        """Return a copy that calls one more hook with responses."""
        options: Options = self._options
        return self._copy(evolve(options, hooks=Hooks(options.hooks.request, (*options.hooks.response, hook))))

    def _copy(self, options: Options) -> Self:
        other = copy(self)
        other._builder = evolve(self._builder, options=options)
        return other

    def __repr__(self) -> str:
        made = hasattr(self, "_sender")  # a traceback shows one whose arguments were refused, too
        return f"{type(self).__name__}({self.base_url!r})" if made else f"<{type(self).__name__} that was not made>"

    def __copy__(self) -> Self:
        """Return a copy that shares the connections, as `with_options` does."""
        sharers = self._sharers
        if sharers is None:  # in one step, as threads may copy a client at the same time
            sharers = self.__dict__.setdefault("_sharers", WeakValueDictionary({id(self): self}))
        other: Self = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._is_copy = True
        sharers[id(other)] = other
        return other

    def _leave(self) -> bool:
        """Leave a with block, and return whether to close the connections: for a copy, only if nobody shares them."""
        if self._sharers is None or not self._is_copy:
            return True
        self._sharers.pop(id(self), None)
        return not self._sharers

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy as `__copy__` does: it shares the connections and keeps the keys."""
        return copy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without connections, and without what may be secret: keys, user name, password, headers, hooks."""
        if self._sender.is_injected:
            raise RequestError("a client with http_client= or transport= cannot be pickled; make one where it is used")
        options = self._options
        settings = {
            "timeout": httpx.Timeout(**options.limits),
            "max_retries": options.max_retries,
            "max_line_bytes": options.max_line_bytes,
            "max_response_bytes": options.max_response_bytes,
            "limits": self._sender.limits,
        }
        return _restore, (type(self), self.base_url, options.deadline, settings)


def _awaits(sender_class: type[Sender | AsyncSender]) -> bool:
    return inspect.iscoroutinefunction(sender_class.send)


def _check_injected(name: str, value: object, kind: str) -> None:
    """Raise RequestError unless a value is None or an object of httpx or httpx2 of a kind."""
    if value is None:
        return
    # An object of httpx2 was made by a program that has imported it.
    libraries = filter(None, (httpx, sys.modules.get("httpx2")))
    if not isinstance(value, tuple(getattr(library, kind) for library in libraries)):
        raise RequestError(f"{name} must be an httpx.{kind}, not {type(value).__name__}")


def _restore(
    cls: Callable[..., BaseClient[Any]], host: str, deadline: float | None, settings: dict[str, Any]
) -> object:
    """Unpickle a client, which reads its keys from the environment of its process."""
    return cls(host, **settings).with_options(deadline=deadline)
