"""The common part of both senders: the routes of a client, and the calls in flight."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import evolve

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers.reading import Reading
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._calls.calls import Call, Calls
from ollama_sdk.overlay._config import Host, origin_of
from ollama_sdk.overlay._errors import OllamaError, RequestError
from ollama_sdk.overlay._secrets import forget_headers
from ollama_sdk.overlay._sending import observer as _observer
from ollama_sdk.overlay._sending.environment import Proxy, proxy_for

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending._async.routes import AsyncRoute
    from ollama_sdk.overlay._sending._sync.routes import Route
    from ollama_sdk.overlay._sending.request import Request

M = TypeVar("M", bound=Model)
StreamT = TypeVar("StreamT")
RouteT = TypeVar("RouteT", "Route", "AsyncRoute")


class BaseSender(Generic[RouteT]):
    """The part of a sender that awaits nothing. A client and its copies share one sender."""

    def __init__(self, host: Host, http_client: Any, transport: Any, limits: httpx.Limits | None) -> None:
        self.calls = Calls()
        self.is_closed = False
        self.limits = limits  # of connections; None for the default
        self.is_injected = http_client is not None or transport is not None
        self._host = host
        self._http_client = http_client  # of httpx or httpx2, or None
        self._transport = transport
        self._routes: dict[tuple[bool, Proxy | None], RouteT] = {}  # by whether over TLS, and the proxy
        self._own_route: RouteT | None = None  # to the client's own host

    def route(self, request: Request[Any]) -> RouteT:
        """Return the route of a request, made when the first request needs it.

        The environment may want a proxy for the client's own host and none for where a redirect leads, or the other way
        round: the cloud behind a proxy, and the host on this machine. A variable that cannot be used is a RequestError.
        """
        if self.is_closed:
            raise RequestError("the client is closed; make a new one")
        if self._own_route is not None and request.is_own:
            return self._own_route
        is_secure, proxy = False, None
        if not self.is_injected:
            server = self._host if request.is_own else Host(*origin_of(request.url))
            is_secure, proxy = server.scheme == "https", proxy_for(server)
        key = is_secure, proxy
        route = self._routes.get(key)
        if route is None:  # a lock could be held by another thread when the process is forked
            route = self._routes.setdefault(key, self._make_route(is_secure, proxy))
        if request.is_own:
            self._own_route = route
        return route

    def _make_route(self, is_secure: bool, proxy: Proxy | None) -> RouteT:
        raise NotImplementedError

    def _observed(self, request: Request[M], call: Call, calls: Calls) -> Request[M]:
        """Let telemetry follow a call, if there is any, and return the request with the headers that it adds."""
        if _observer.current is None:
            return request
        headers = _observer.current.begin(request, call, calls)
        return evolve(request, headers={**headers, **request.headers}) if headers else request

    def _failed(self, request: Request[Any], call: Call, calls: Calls, error: BaseException) -> None:
        """End a call that failed."""
        calls.end(call)
        call.observe_end(None, error)
        _log.ended(request.where, error)
        if not isinstance(error, OllamaError):
            call.abort()  # a signal may have come where nothing else would close the connection
            forget_headers(error)

    def answered(self, request: Request[M], kind: Callable[[Reading[M]], StreamT]) -> StreamT:
        """Return the stream of a job that is done already, without sending its request."""
        response = httpx.Response(200, content=b'{"status":"success"}\n')
        return kind(self._reading(request, response, self.calls.start(request.deadline), self.calls))

    def _reading(self, request: Request[M], response: httpx.Response, call: Call, calls: Calls) -> Reading[M]:
        """Return the state of a stream that is about to be read."""
        model = request.operation.response_model()
        source = request.source(response)
        reading = Reading(response, model, call, calls, source, request.options.max_line_bytes, owner=self)
        if request.stall_timeout is not None:
            try:
                reading.watch(request.stall_timeout)
            except BaseException:
                call.interrupt()  # closes the connection of the response, which nobody is going to read
                raise
        return reading
