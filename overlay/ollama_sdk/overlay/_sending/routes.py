"""Sending so that an abort ends the wait: the part that differs between blocking and asynchronous routes."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ollama_sdk.overlay._calls.cancel import run_abortable
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._http import settings
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._httpcore.settings import (
    HTTPX_LIMITS,
    EndsItsWaitsByHttpcore,
    httpx_arguments,
    transport_on_trio,
)
from ollama_sdk.overlay._runtime import is_trio

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.environment import Proxy

HttpxT = TypeVar("HttpxT", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def send_directly(transport: httpx.BaseTransport, request: httpx.Request, call: Call) -> httpx.Response:
    """Send over one of our transports, without an httpx client."""
    if isinstance(transport, EndsItsWaitsByHttpcore):
        return _send_watched(transport.handle_request, transport, request, call)
    response = transport.handle_request(request)
    # Closing the response ends the wait of its reader, needs no lock, and frees the connection's place in the pool
    # at once; an interrupt alone would leave that to the reader, and there may be none.
    call.set_interrupt(response.close)
    return response


async def send_directly_async(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, call: Call
) -> httpx.Response:
    """Send over one of our transports, without an httpx client."""
    sending = transport.handle_async_request(request)
    if isinstance(transport, EndsItsWaitsByHttpcore) or is_trio():  # under trio ours hands over to httpx's own
        return await _send_watched_async(sending, request, call)
    return await sending


def send_with_client(client: httpx.Client, request: httpx.Request, call: Call, auth: Any) -> httpx.Response:
    """Send with an httpx client, which is followed through httpcore so that an abort reaches it."""
    transport = getattr(client, "_transport_for_url", lambda url: None)(request.url)
    send = partial(client.send, stream=True, follow_redirects=False, auth=auth)
    return _send_watched(send, transport, request, call)


async def send_with_client_async(
    client: httpx.AsyncClient, request: httpx.Request, call: Call, auth: Any
) -> httpx.Response:
    """Send with an httpx client, which is cancelled when the call is aborted."""
    sending = client.send(request, stream=True, follow_redirects=False, auth=auth)
    return await _send_watched_async(sending, request, call)


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
    sending: Coroutine[Any, Any, httpx.Response], request: httpx.Request, call: Call
) -> httpx.Response:
    """Send over httpx's own transport, and let an abort end the wait for the response and the reading of it."""
    from ollama_sdk.overlay._httpcore.abort import AsyncWatch

    watch = AsyncWatch(request)
    response = await run_abortable(call, watch.run(sending))
    watch.answered(call, response)
    return response


def default_transport(is_secure: bool, proxy: Proxy | None, limits: httpx.Limits | None) -> httpx.BaseTransport:
    """Return the transport over `fetch` in a browser, else our own, or httpx's own for a proxy and without httptools.

    Raises:
        RequestError: A variable of the environment cannot be used.
    """
    if sys.platform == "emscripten":
        from ollama_sdk.overlay._fetch.transports import FetchTransport

        return FetchTransport()
    if proxy is None and _uses_own_transport():
        return Transport(limits=limits or settings.DEFAULT_LIMITS)
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
        return AsyncTransport(limits=limits or settings.DEFAULT_LIMITS, on_trio=transport_on_trio)
    from ollama_sdk.overlay._httpcore.transports import LoopTransports

    return LoopTransports(lambda is_secure: _httpx_transport(httpx.AsyncHTTPTransport, is_secure, proxy, limits))


def _uses_own_transport() -> bool:
    """Return whether our own transport is to be used where it can be; raise RequestError if that cannot be told."""
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
