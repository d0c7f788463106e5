"""The one place that sends: connections, retries, redirects, abort registration, and failures to errors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers._async.streams import AsyncStream
from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._answers.answers import Parser, Source, caused_by, connect_error, explain, parse_answer
from ollama_sdk.overlay._answers.reading import Reading
from ollama_sdk.overlay._calls import cancel as _cancel
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._calls.alarms import Alarm
from ollama_sdk.overlay._calls.calls import Call, Calls
from ollama_sdk.overlay._config import Host, Keys, host_of, uses_proxy
from ollama_sdk.overlay._errors import OllamaError, RequestError
from ollama_sdk.overlay._runtime import is_trio
from ollama_sdk.overlay._secrets import forget_locals
from ollama_sdk.overlay._sending import hooks as _hooks
from ollama_sdk.overlay._sending.prepare import (
    MAX_REDIRECTS,
    RETRIED_STATUSES,
    Prepared,
    Preparer,
    redirected,
    retry_wait,
)

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.httpcore_abort import AsyncWatch, Watch
    from ollama_sdk.overlay._sending.http_clients import AsyncClient, SyncClient

M = TypeVar("M", bound=Model)
ClientT = TypeVar("ClientT", "SyncClient", "AsyncClient")
HttpxTransportT = TypeVar("HttpxTransportT", "httpx.BaseTransport", "httpx.AsyncBaseTransport")


class _Progress:
    """How far the tries of one call have come, and what to do next: the same for both kinds of transport."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._failures = 0
        self._redirects = 0

    @property
    def number(self) -> int:
        """The number of the current try, from 1."""
        return 1 + self._failures + self._redirects

    def wait_after_failure(self, reason: object, retry_after: str | None = None) -> float | None:
        """Seconds to wait before the next try, or None when there is to be none."""
        if self._failures >= self.prepared.max_retries:
            return None
        wait = retry_wait(self._failures + 1, retry_after)
        if wait is not None:
            _log.retrying(self.prepared.where, self.number, wait, reason)
            self._failures += 1
        return wait

    def wait_after_status(self, response: httpx.Response) -> float | None:
        """As `wait_after_failure`, for an answer with an error status."""
        if response.status_code not in RETRIED_STATUSES:
            return None
        return self.wait_after_failure(f"status {response.status_code}", response.headers.get("retry-after"))

    def follow(self, response: httpx.Response) -> bool:
        """Whether the answer is a redirect, which the next try then follows."""
        following = redirected(self.prepared, response.status_code, response.headers.get("location"))
        if following is None or self._redirects >= MAX_REDIRECTS:
            return False
        _log.redirecting(self.prepared.where, response.status_code, following.url)
        self._redirects += 1
        self.prepared = following
        return True


@frozen
class Sender(Generic[ClientT]):
    """What sends requests, directly or through a proxy.

    Attributes:
        client: The httpx client that sends.
        wakes_itself: Whether its transport sees to aborts itself.
    """

    client: ClientT
    wakes_itself: bool


class _BaseTransport(Generic[ClientT, HttpxTransportT]):
    """What both kinds of transport have in common: one host, the httpx clients that send, the calls in flight."""

    def __init__(
        self,
        host: Host,
        keys: Keys,
        http_client: ClientT | None,
        transport: HttpxTransportT | None,
    ) -> None:
        """Keep what is needed; nothing is made before the first request.

        Args:
            host: Where requests go.
            keys: The API keys.
            http_client: The caller's own httpx client, or None.
            transport: The caller's own httpx transport, or None.
        """
        self.preparer = Preparer(host, keys)
        self.calls = Calls()
        self.is_closed = False
        self._injected: Sender[ClientT] | None = None
        if http_client is not None:
            self._injected = Sender(http_client, wakes_itself=False)
        self._own_sender: Sender[ClientT] | None = self._injected
        self._senders: dict[bool, Sender[ClientT]] = {}  # by whether through a proxy
        self._httpx_transport: HttpxTransportT | None = transport
        self._lock = threading.Lock()

    def sender(self, prepared: Prepared) -> Sender[ClientT]:
        """What sends a request, made when the first request needs it.

        The environment may want a proxy for the client's own host and none for where a redirect leads, or the other way
        round: the cloud behind a proxy, and the host on this machine.

        Raises:
            RequestError: The client was closed.
        """
        if self.is_closed:
            raise RequestError("the client is closed; make a new one")
        if self._own_sender is not None and (prepared.is_own or self._own_sender is self._injected):
            return self._own_sender
        host = self.preparer.host if prepared.is_own else host_of(prepared.url)
        proxied = self._httpx_transport is None and uses_proxy(host)
        if proxied not in self._senders:
            with self._lock:  # threads that come at once share one
                if proxied not in self._senders:
                    self._senders[proxied] = self._make_sender(proxied)
        sender = self._senders[proxied]
        if prepared.is_own:
            self._own_sender = sender
        return sender

    def _make_sender(self, proxied: bool) -> Sender[ClientT]:
        raise NotImplementedError

    def request(self, prepared: Prepared, call: Call, client: ClientT) -> tuple[httpx.Request, dict[str, Any]]:
        """The httpx request, and the arguments for `send`."""
        content = prepared.content
        extensions = {"timeout": dict(prepared.limits), "abort": call}
        if self._injected and prepared.is_own:
            # With the injected client's own headers, cookies and authentication.
            assert isinstance(client, httpx.Client | httpx.AsyncClient)
            request = client.build_request(
                prepared.method,
                prepared.url,
                headers=prepared.headers if isinstance(content, bytes | None) else prepared.header_lines(),
                content=content if isinstance(content, bytes) else None,
                extensions=extensions,
            )
            if not isinstance(content, bytes | None):
                request.stream = content
            return request, {"stream": True, "follow_redirects": False}
        # Given a stream, httpx adds no headers and reads nothing: 5 microseconds instead of 40.
        request = httpx.Request(
            prepared.method,
            prepared.url,
            headers=prepared.header_lines(),
            stream=httpx.ByteStream(content or b"") if isinstance(content, bytes | None) else content,
            extensions=extensions,
        )
        if prepared.hooks.request and isinstance(content, bytes | None):
            request.read()  # a hook may look at the content
        return request, {"stream": True, "follow_redirects": False, "auth": None}

    def abort(self) -> None:
        """Abort all calls in flight."""
        self.calls.abort()

    def _reading(
        self, response: httpx.Response, operation: Operation[Any, M], prepared: Prepared, call: Call, calls: Calls
    ) -> Reading[M]:
        model = operation.response_model()
        reading = Reading(response, model, call, calls, prepared.where, prepared.max_line_bytes, keeps=self)
        if prepared.stall_timeout is not None:
            reading.watch(prepared.stall_timeout)
        return reading


def _failure(error: Exception, prepared: Prepared, call: Call) -> OllamaError:
    """The error for a request that got no answer, with its cause."""
    is_request_error = isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError)
    # trio passes on the UnicodeError of a name that no lookup takes.
    if call.aborted or is_request_error or not isinstance(error, httpx.TransportError | UnicodeError):
        return explain(error, where=prepared.where, call=call, request=None)
    failure = connect_error(error, where=prepared.where, url=prepared.url, limits=prepared.limits)
    return caused_by(error, failure)


def _can_retry(error: Exception) -> bool:
    """Whether nothing can have come of the request, or it costs little to ask again."""
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | httpx.ConnectTimeout)


def _source(prepared: Prepared, response: httpx.Response) -> Source:
    return Source(prepared.where, response.status_code, response.headers)


def _start(calls: Calls, prepared: Prepared) -> Call:
    """A new call, which ends at its deadline."""
    call = calls.start()
    deadline = prepared.deadline
    if deadline is not None:
        Alarm(call, "deadline", deadline.seconds, deadline.at).set(calls.alarms)
    return call


def _check_aborted(call: Call, prepared: Prepared) -> None:
    if call.aborted:
        raise call.error(prepared.where)


class SyncTransport(_BaseTransport["SyncClient", "httpx.BaseTransport"]):
    """Sends for `Ollama`."""

    def _make_sender(self, proxied: bool) -> Sender[SyncClient]:
        from ollama_sdk.overlay._sending.http_clients import make_sync_client

        return Sender(*make_sync_client(self._httpx_transport, proxied=proxied))

    def call(
        self,
        operation: Operation[Any, M],
        prepared: Prepared,
        parse: Parser[M] = parse_answer,
        calls: Calls | None = None,
    ) -> M:
        """Send, and return the model of the whole answer; `calls` as for `send`."""
        response = self.send(prepared, calls)
        return parse(operation, response.content, _source(prepared, response))

    def stream(
        self,
        operation: Operation[Any, M],
        prepared: Prepared,
        kind: Callable[[Reading[M]], Stream[M]],
        calls: Calls | None = None,
    ) -> Stream[M]:
        """Send, and return a stream of the given kind once the status of the answer is known to be a success."""
        calls = self.calls if calls is None else calls
        call = _start(calls, prepared)
        try:
            response, sender = self._open(prepared, call)
            if sender.wakes_itself:
                # Closing our own response wakes its reader, needs no lock, and gives the connection's place in the pool
                # back at once, where waking alone would leave that to a reader which may not be there.
                call.attach(response.close)
            return kind(self._reading(response, operation, prepared, call, calls))
        except BaseException as error:
            calls.end(call)
            _log.ended(prepared.where, error)
            if not isinstance(error, Exception):
                call.abort()  # Ctrl-C may have come where nothing else would close the connection
                forget_locals(error)
            raise

    def send(self, prepared: Prepared, calls: Calls | None = None) -> httpx.Response:
        """Send, and return the answer with its body.

        Args:
            prepared: The request.
            calls: The calls in flight that this one is of; by default the client's.
        """
        calls = self.calls if calls is None else calls
        call = _start(calls, prepared)
        try:
            response, _ = self._open(prepared, call)
            self._read(response, prepared, call)
            return response
        except BaseException as error:
            _log.ended(prepared.where, error)
            if not isinstance(error, Exception):
                call.abort()  # Ctrl-C may have come where nothing else would close the connection
                forget_locals(error)
            raise
        finally:
            calls.end(call)

    def close(self) -> None:
        """Abort all calls in flight and close the connections, but not those of an injected httpx client."""
        self.is_closed = True
        self.calls.abort()
        for sender in list(self._senders.values()):
            sender.client.close()

    def _open(self, prepared: Prepared, call: Call) -> tuple[httpx.Response, Sender[SyncClient]]:
        """Send until there is an answer that is a success, and tell what has sent; its body is still to be read."""
        progress = _Progress(prepared)
        while True:
            prepared = progress.prepared
            call.detach()
            _check_aborted(call, prepared)
            sender = self.sender(prepared)
            request, sending = self.request(prepared, call, sender.client)
            watch = None if sender.wakes_itself else self._watch(call, request, sender.client)
            for hook in prepared.hooks.request:
                hook(request)
            started = _log.sending(prepared.where, progress.number)
            try:
                response = sender.client.send(request, **sending)
            except Exception as error:
                wait = progress.wait_after_failure(repr(error)) if _can_retry(error) and not call.aborted else None
                if wait is None:
                    raise _failure(error, prepared, call)  # noqa: B904  # it has its cause
            else:
                if watch is not None:
                    watch.aim(response.extensions.get("network_stream"))
                if call.aborted:
                    response.close()
                    _check_aborted(call, prepared)
                _log.answered(prepared.where, progress.number, response.status_code, started)
                if prepared.hooks.response:
                    _hooks.tell_response(prepared.hooks, response, prepared.where, call)
                if response.is_success:
                    return response, sender
                if progress.follow(response):
                    response.close()
                    continue
                wait = progress.wait_after_status(response)
                if wait is None:
                    self._read(response, prepared, call)
                    raise _source(prepared, response).error(response.content)
                response.close()
            call.sleep(wait)
            _check_aborted(call, prepared)

    def _watch(self, call: Call, request: httpx.Request, client: SyncClient) -> Watch:
        from ollama_sdk.overlay._http.httpcore_abort import Watch

        return Watch(call, client, request)

    def _read(self, response: httpx.Response, prepared: Prepared, call: Call) -> None:
        try:
            response.read()
        except Exception as error:
            raise explain(  # noqa: B904  # it has its cause
                error,
                where=prepared.where,
                call=call,
                request=response.request,
                source=_source(prepared, response),
            )
        _check_aborted(call, prepared)


class AsyncTransport(_BaseTransport["AsyncClient", "httpx.AsyncBaseTransport"]):
    """Sends for `AsyncOllama`."""

    def _make_sender(self, proxied: bool) -> Sender[AsyncClient]:
        from ollama_sdk.overlay._sending.http_clients import make_async_client

        return Sender(*make_async_client(self._httpx_transport, proxied=proxied))

    async def call(
        self,
        operation: Operation[Any, M],
        prepared: Prepared,
        parse: Parser[M] = parse_answer,
        calls: Calls | None = None,
    ) -> M:
        """Send, and return the model of the whole answer; `calls` as for `SyncTransport.send`."""
        response = await self.send(prepared, calls)
        return parse(operation, response.content, _source(prepared, response))

    async def stream(
        self,
        operation: Operation[Any, M],
        prepared: Prepared,
        kind: Callable[[Reading[M]], AsyncStream[M]],
        calls: Calls | None = None,
    ) -> AsyncStream[M]:
        """Send, and return a stream of the given kind once the status of the answer is known to be a success."""
        calls = self.calls if calls is None else calls
        call = _start(calls, prepared)
        try:
            response = await self._open(prepared, call)
            return kind(self._reading(response, operation, prepared, call, calls))
        except BaseException as error:
            calls.end(call)
            _log.ended(prepared.where, error)
            if not isinstance(error, Exception):
                call.abort()  # as in `SyncTransport.stream`
                forget_locals(error)
            raise

    async def send(self, prepared: Prepared, calls: Calls | None = None) -> httpx.Response:
        """Send, and return the answer with its body; see `SyncTransport.send`."""
        calls = self.calls if calls is None else calls
        call = _start(calls, prepared)
        try:
            response = await self._open(prepared, call)
            await self._read(response, prepared, call)
            return response
        except BaseException as error:
            _log.ended(prepared.where, error)
            if not isinstance(error, Exception):
                call.abort()  # Ctrl-C may have come where nothing else would close the connection
                forget_locals(error)
            raise
        finally:
            calls.end(call)

    async def close(self) -> None:
        """Abort all calls in flight and close the connections, but not those of an injected httpx client."""
        self.is_closed = True
        self.calls.abort()
        for sender in list(self._senders.values()):
            await sender.client.aclose()

    async def _open(self, prepared: Prepared, call: Call) -> httpx.Response:
        """Send until there is an answer that is a success; its body is still to be read."""
        progress = _Progress(prepared)
        while True:
            prepared = progress.prepared
            call.detach()
            _check_aborted(call, prepared)
            sender = self.sender(prepared)
            request, sending = self.request(prepared, call, sender.client)
            watch = None if sender.wakes_itself and not is_trio() else self._watch(request)
            if prepared.hooks.request:
                await _hooks.tell_request_async(prepared.hooks, request, prepared.where, call)
            started = _log.sending(prepared.where, progress.number)
            try:
                sent = sender.client.send(request, **sending)
                response = await (sent if watch is None else _cancel.run_abortable(call, sent))
            except Exception as error:
                wait = progress.wait_after_failure(repr(error)) if _can_retry(error) and not call.aborted else None
                if wait is None:
                    raise _failure(error, prepared, call)  # noqa: B904  # it has its cause
            else:
                if watch is not None:
                    watch.answered(call, response)
                if call.aborted:
                    await response.aclose()
                    _check_aborted(call, prepared)
                _log.answered(prepared.where, progress.number, response.status_code, started)
                if prepared.hooks.response:
                    await _hooks.tell_response_async(prepared.hooks, response, prepared.where, call)
                if response.is_success:
                    return response
                if progress.follow(response):
                    await response.aclose()
                    continue
                wait = progress.wait_after_status(response)
                if wait is None:
                    await self._read(response, prepared, call)
                    raise _source(prepared, response).error(response.content)
                await response.aclose()
            await _cancel.sleep(call, wait)
            _check_aborted(call, prepared)

    def _watch(self, request: httpx.Request) -> AsyncWatch:
        from ollama_sdk.overlay._http.httpcore_abort import AsyncWatch

        return AsyncWatch(request)

    async def _read(self, response: httpx.Response, prepared: Prepared, call: Call) -> None:
        try:
            await response.aread()
        except Exception as error:
            raise explain(  # noqa: B904  # it has its cause
                error,
                where=prepared.where,
                call=call,
                request=response.request,
                source=_source(prepared, response),
            )
        _check_aborted(call, prepared)
