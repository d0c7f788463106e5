"""httpx transports over the `fetch` of a browser, for Python in a page (Pyodide).

There are no sockets and no threads: the browser connects, follows redirects, decompresses and keeps connections. A body
arrives piece by piece, and an AbortController ends a request in every phase.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

import httpx
import js  # type: ignore[import-not-found]
from pyodide.ffi import JsException, to_js  # type: ignore[import-not-found]

from ollama_sdk.overlay._http.settings import AbortableTransport, AbortHook
from ollama_sdk.overlay._runtime import call_later, can_run_sync, run_sync

# The browser sets these headers itself, or would send a CORS preflight because of them.
_NOT_SENT: Final = {"host", "user-agent", "connection", "accept-encoding", "content-length", "transfer-encoding"}
_NOT_KEPT: Final = {"content-encoding", "content-length", "transfer-encoding"}  # they are of the encoded body


class AsyncFetchTransport(httpx.AsyncBaseTransport, AbortableTransport):
    """Transport for `httpx.AsyncClient(transport=...)`.

    Of the limits in time only that of reading holds, from the call of `fetch` to the head of the response, and for each
    piece of the body: `fetch` does not tell when it has connected, and a model may take minutes to load.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the body of the response is read as it is iterated.

        Raises:
            httpx.ConnectError: There is no connection, or the server does not allow the page; a browser does not tell
                which.
            httpx.TransportError: The request failed otherwise, or was aborted.
        """
        return await _send(request)


class FetchTransport(httpx.BaseTransport, AbortableTransport):
    """Blocking transport for `httpx.Client(transport=...)`, where the browser can suspend WebAssembly (JSPI).

    Elsewhere a worker gets the whole answer at once, by XMLHttpRequest, and a page gets an error.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see `AsyncFetchTransport.handle_async_request`.

        Raises:
            httpx.LocalProtocolError: This page cannot wait for an answer.
        """
        if can_run_sync():
            return run_sync(_send(request))
        if hasattr(js, "XMLHttpRequest") and not hasattr(js, "document"):
            return _send_whole(request)
        raise httpx.LocalProtocolError("Python cannot wait for an answer here, so use AsyncOllama")


class _Body(httpx.AsyncByteStream, httpx.SyncByteStream):
    """The exchange of one request with `fetch`, and the body of its response."""

    def __init__(self, request: httpx.Request) -> None:
        self._timeout = (request.extensions.get("timeout") or {}).get("read")
        self._controller = js.AbortController.new()
        self._reader: Any = None
        self._ended = False
        self._expired = False
        hook = cast("AbortHook | None", request.extensions.get("abort"))
        if hook is not None:
            hook.set_interrupt(self.close)

    async def open(self, request: httpx.Request, content: bytes) -> httpx.Response:
        options: dict[str, Any] = {
            "method": request.method,
            "headers": _headers(request),
            "signal": self._controller.signal,
            "cache": "no-store",
        }
        if content:
            options["body"] = to_js(content)
        sending = js.fetch(str(request.url), to_js(options, dict_converter=js.Object.fromEntries))
        found = await self._wait(sending, lambda error: httpx.ConnectError(_refused(error)))
        if found.body:  # not null, of which Pyodide makes an object that is false
            self._reader = found.body.getReader()
        return httpx.Response(
            found.status,
            headers=[(name, value) for name, value in found.headers if name.lower() not in _NOT_KEPT],
            stream=self,
            extensions={"expect_end": self.expect_end},
        )

    async def _wait(self, promise: Any, failure: Callable[[JsException], httpx.TransportError]) -> Any:
        """Wait for a promise of JavaScript, up to the read timeout; any other end of the wait closes the request."""
        stop = None if self._timeout is None else call_later(self._expire, self._timeout)
        try:
            return await promise
        except JsException as error:
            if self._ended:
                raise self._closed() from None
            self.close()
            raise failure(error) from None
        except BaseException:
            self.close()
            raise
        finally:
            if stop is not None:
                stop()

    def _closed(self) -> httpx.TransportError:
        if self._expired:
            return httpx.ReadTimeout("nothing came in time")
        return httpx.ReadError("the request was aborted, or its response closed before it was read to its end")

    def _expire(self) -> None:
        self._expired = True
        self.close()

    def expect_end(self, seconds: float) -> None:
        """Limit the wait for the rest of the body to `seconds` per read."""
        self._timeout = seconds if self._timeout is None else min(seconds, self._timeout)

    async def _next(self) -> bytes | None:
        """Return the next piece, or None at the end."""
        if self._ended:
            raise self._closed()  # it may have been closed after the last piece arrived, before this task ran
        piece = None
        if self._reader is not None:
            piece = await self._wait(self._reader.read(), lambda error: httpx.RemoteProtocolError(_text(error)))
        if piece is None or piece.done:
            self._ended = True
            return None
        return cast("bytes", piece.value.to_bytes())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the body, piece by piece as it arrives."""
        while (piece := await self._next()) is not None:
            yield piece

    def __iter__(self) -> Iterator[bytes]:
        while (piece := run_sync(self._next())) is not None:
            yield piece

    def close(self) -> None:
        """End the request, unless its answer was read to the end."""
        if not self._ended:
            self._ended = True
            self._controller.abort()

    async def aclose(self) -> None:
        self.close()


async def _send(request: httpx.Request) -> httpx.Response:
    stream = request.stream
    if isinstance(stream, httpx.SyncByteStream):
        content = b"".join(stream)
    else:
        content = b"".join([part async for part in cast("AsyncIterable[bytes]", stream)])
    return await _Body(request).open(request, content)


def _send_whole(request: httpx.Request) -> httpx.Response:
    """Send by a blocking XMLHttpRequest, which only a worker should do."""
    xhr = js.XMLHttpRequest.new()
    xhr.open(request.method, str(request.url), False)
    xhr.responseType = "arraybuffer"
    for name, value in _headers(request).items():
        xhr.setRequestHeader(name, value)
    content = b"".join(cast("Iterable[bytes]", request.stream))
    try:
        xhr.send(to_js(content) if content else None)
    except JsException as error:
        raise httpx.ConnectError(_refused(error)) from None
    lines = [line.partition(": ") for line in xhr.getAllResponseHeaders().split("\r\n") if line]
    headers = [(name, value) for name, _, value in lines if name.lower() not in _NOT_KEPT]
    return httpx.Response(xhr.status, headers=headers, stream=httpx.ByteStream(xhr.response.to_bytes()))


def _headers(request: httpx.Request) -> Mapping[str, str]:
    """Return the headers to send; those of the same name are one, as `fetch` joins them."""
    sent = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_SENT}
    if request.method in ("GET", "HEAD"):
        sent.pop("content-type", None)
    return sent


def _text(error: JsException) -> str:
    """Return the message of a JavaScript error, with its cause if there is one (Node)."""
    cause = getattr(error, "cause", None)
    detail = getattr(cause, "code", None) or getattr(cause, "message", None)
    return f"{error.message}: {detail}" if detail else str(error.message)


def _refused(error: JsException) -> str:
    """Return the message for a request that `fetch` refused; the browser gives no reason."""
    text = _text(error)
    location = getattr(js, "location", None)
    if location is None:
        return text
    origin = str(location.origin)
    return (
        f"{text}: the server is not reached, or does not allow pages of {origin} (CORS), "
        f"for which it needs OLLAMA_ORIGINS={origin}"
    )
