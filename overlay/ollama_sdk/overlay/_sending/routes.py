"""What routes are made of: httpx requests, sending so that an abort ends the wait, and the default transports."""

from __future__ import annotations

import os
import re
import sys
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from ollama_sdk.overlay._answers.decoding import MAX_ERROR_BYTES, BodyDecoder
from ollama_sdk.overlay._calls.cancel import run_abortable
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._http import settings
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._httpcore.settings import (
    HTTPX_LIMITS,
    WatchedTransport,
    httpx_arguments,
    transport_on_trio,
)
from ollama_sdk.overlay._runtime import is_trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.environment import Proxy
    from ollama_sdk.overlay._sending.request import Body, Request

HttpxT = TypeVar("HttpxT", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def plain_request(request: Request[Any], call: Call) -> httpx.Request:
    """Return the httpx request of one attempt, with no headers but ours."""
    content = request.content
    # Given a stream, httpx adds no headers and reads nothing: 5 microseconds instead of 40.
    http_request = httpx.Request(
        request.operation.method,
        request.url,
        headers=_header_lines(request),
        stream=httpx.ByteStream(content or b"") if isinstance(content, bytes | None) else _stream(content),
        extensions=_extensions(request, call),
    )
    if request.options.hooks.request and isinstance(content, bytes | None):
        http_request.read()  # a hook may look at the content
    return http_request


def request_of(client: httpx.Client | httpx.AsyncClient, request: Request[Any], call: Call) -> httpx.Request:
    """Return the httpx request of one attempt, with the headers and cookies of an httpx client."""
    method, content, extensions = request.operation.method, request.content, _extensions(request, call)
    if isinstance(content, bytes | None):
        headers = request.headers
        return client.build_request(method, request.url, headers=headers, content=content, extensions=extensions)
    http_request = client.build_request(method, request.url, headers=_header_lines(request), extensions=extensions)
    http_request.stream = _stream(content)
    return http_request


def _extensions(request: Request[Any], call: Call) -> dict[str, Any]:
    """Return what a transport needs beside the request: its limits, and the call, whose abort ends the waits."""
    return {"timeout": dict(request.limits), "abort": call}


def _header_lines(request: Request[Any]) -> list[tuple[str, str]]:
    """Return all headers, with those that httpx adds to a request that is not given a stream."""
    lines = list(request.headers.items())
    content = request.content
    if content is not None:
        size = len(content) if isinstance(content, bytes) else content.size
        lines.insert(0, ("Content-Length", str(size)))
    elif request.operation.method == "POST":
        lines.insert(0, ("Content-Length", "0"))
    if "host" not in request.headers:
        # Without the zone of an IPv6 address, which means something on this machine alone (RFC 6874).
        lines.insert(0, ("Host", re.sub(r"%25[^]]*", "", request.url.netloc.decode("ascii"))))
    return lines


def _stream(body: Body) -> httpx.SyncByteStream | httpx.AsyncByteStream:
    return cast("httpx.SyncByteStream", body)


def send_directly(transport: httpx.BaseTransport, request: httpx.Request, call: Call) -> httpx.Response:
    """Send over one of our transports, without an httpx client."""
    if isinstance(transport, WatchedTransport):
        return _send_watched(transport.handle_request, transport, request, call)
    response = transport.handle_request(request)
    # Closing the response ends the wait of its reader, needs no lock, and frees the connection's place in the pool
    # at once; an interrupt alone would leave that to the reader, and there may be none.
    call.set_interrupt(response.close)
    return response


async def send_directly_async(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, call: Call
) -> httpx.Response:
    send = transport.handle_async_request
    if isinstance(transport, WatchedTransport) or is_trio():  # under trio ours hands over to httpx's own
        return await _send_watched_async(send, transport, request, call)
    return await send(request)


def send_with_client(client: httpx.Client, request: httpx.Request, call: Call, auth: Any) -> httpx.Response:
    """Send with an httpx client; a `Watch` lets an abort end the waits in httpcore."""
    transport = getattr(client, "_transport_for_url", lambda url: None)(request.url)
    send = partial(client.send, stream=True, follow_redirects=False, auth=auth)
    return _send_watched(send, transport, request, call)


async def send_with_client_async(
    client: httpx.AsyncClient, request: httpx.Request, call: Call, auth: Any
) -> httpx.Response:
    """Send with an httpx client, which is cancelled when the call is aborted."""
    transport = getattr(client, "_transport_for_url", lambda url: None)(request.url)
    send = partial(client.send, stream=True, follow_redirects=False, auth=auth)
    return await _send_watched_async(send, transport, request, call)


def _send_watched(
    send: Callable[[httpx.Request], httpx.Response], transport: object, request: httpx.Request, call: Call
) -> httpx.Response:
    """Send over httpx's own transport, and let an abort end the wait for the response and the reading of it."""
    from ollama_sdk.overlay._httpcore.abort import Watch

    watch = Watch(call, transport, request)
    response = send(request)
    watch.set_stream(response.extensions.get("network_stream"))
    return response


async def _send_watched_async(
    send: Callable[[httpx.Request], Awaitable[httpx.Response]], transport: object, request: httpx.Request, call: Call
) -> httpx.Response:
    from ollama_sdk.overlay._httpcore.abort import AsyncWatch

    watch = AsyncWatch(transport, request)
    response = await run_abortable(call, lambda: watch.run(send(request)))
    watch.answered(call, response)
    return response


def take_decoder(response: httpx.Response, request: Request[Any]) -> BodyDecoder | None:
    """Return what decodes the body of a response and watches its size; None if neither is needed.

    Headers that describe the body as it came are taken out, since httpx would decode it as they say.
    """
    headers, is_success = response.headers, 200 <= response.status_code < 300
    limit = request.max_bytes if is_success else MAX_ERROR_BYTES
    is_encoded, is_short = False, limit == inf
    for name, value in headers.raw:  # a look-up in `headers` takes a microsecond
        if len(name) == 14 and name.lower() == b"content-length":
            is_short |= value.isdigit() and int(value) <= limit
        elif len(name) == 16 and name.lower() == b"content-encoding":
            is_encoded = True
    if response.is_stream_consumed or (is_short and not is_encoded):
        return None
    decoder = BodyDecoder(headers.get("content-encoding", ""), limit, is_error=not is_success)
    if is_encoded:
        del headers["content-encoding"]
        headers.pop("content-length", None)
    return decoder


def default_transport(is_secure: bool, proxy: Proxy | None, limits: httpx.Limits | None) -> httpx.BaseTransport:
    """Return the transport over `fetch` in a browser; ours; or that of httpx, for a proxy and without httptools."""
    if sys.platform == "emscripten":
        from ollama_sdk.overlay._fetch.transports import FetchTransport

        return FetchTransport()
    if proxy is None and _uses_own_transport():
        return Transport(settings.Settings(limits=limits or settings.DEFAULT_LIMITS))
    from ollama_sdk.overlay._httpcore.transports import HttpxTransport

    return _httpx_transport(HttpxTransport, is_secure, proxy, limits)


def default_transport_async(
    is_secure: bool, proxy: Proxy | None, limits: httpx.Limits | None
) -> httpx.AsyncBaseTransport:
    """Return the transport as `default_transport` does; httpx's own are one for each event loop."""
    if sys.platform == "emscripten":
        from ollama_sdk.overlay._fetch.transports import AsyncFetchTransport

        return AsyncFetchTransport()
    if proxy is None and _uses_own_transport():
        return AsyncTransport(settings.Settings(limits=limits or settings.DEFAULT_LIMITS), on_trio=transport_on_trio)
    from ollama_sdk.overlay._httpcore.transports import LoopTransports

    return LoopTransports(lambda is_secure: _httpx_transport(httpx.AsyncHTTPTransport, is_secure, proxy, limits))


def _uses_own_transport() -> bool:
    """Return whether to use our own transport; raise RequestError for an OLLAMA_SDK_TRANSPORT that means nothing."""
    wanted = os.environ.get("OLLAMA_SDK_TRANSPORT", "")
    if wanted not in ("", "httpx"):
        raise RequestError(f"OLLAMA_SDK_TRANSPORT must be httpx, or not set, not {wanted!r}")
    return not wanted and settings.is_available()


def _httpx_transport(kind: type[HttpxT], is_secure: bool, proxy: Proxy | None, limits: httpx.Limits | None) -> HttpxT:
    """Make a transport of httpx with our settings; raise RequestError naming the variable that it cannot use."""
    try:
        ours = settings.Settings(limits=limits or HTTPX_LIMITS)
        return kind(**httpx_arguments(ours, proxy.url if proxy else None, is_secure=is_secure))
    except httpx.LocalProtocolError as error:
        raise RequestError(str(error)) from error
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        if proxy is None:
            raise
        why = "socks needs the package socksio: pip install 'httpx[socks]'"
        if not isinstance(error, ImportError):
            why = "it must be the URL of an http, https or socks5 proxy, such as http://127.0.0.1:3128"
        raise RequestError(f"{proxy.setting} cannot be used: {why}") from error
