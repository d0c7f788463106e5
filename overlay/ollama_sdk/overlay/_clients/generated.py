"""The clients that generated endpoint functions are given: they send through the funnel of the overlay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import httpx

from ollama_sdk.generated import api
from ollama_sdk.generated.client import Client
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay import _json

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending.prepare import Options, Prepared
    from ollama_sdk.overlay._sending.sender import AsyncTransport, SyncTransport


class GeneratedClient(Client):
    """A generated `Client` that sends through an `Ollama`."""

    def __init__(self, transport: SyncTransport, options: Options) -> None:
        """Made by `Ollama.generated`."""
        super().__init__(base_url=transport.preparer.host.base_url)
        self._transport = transport
        self._options = options

    def get_httpx_client(self) -> httpx.Client:
        """What endpoint functions call `request` on."""
        return cast("httpx.Client", self)

    def request(self, **arguments: Any) -> httpx.Response:
        """Send what an endpoint function asks for; raises the errors of the overlay."""
        return self._transport.send(_prepare(self._transport, self._options, arguments))


class AsyncGeneratedClient(Client):
    """A generated `Client` that sends through an `AsyncOllama`."""

    def __init__(self, transport: AsyncTransport, options: Options) -> None:
        """Made by `AsyncOllama.generated`."""
        super().__init__(base_url=transport.preparer.host.base_url)
        self._transport = transport
        self._options = options

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """What endpoint functions call `request` on."""
        return cast("httpx.AsyncClient", self)

    async def request(self, **arguments: Any) -> httpx.Response:
        """Send what an endpoint function asks for; raises the errors of the overlay."""
        return await self._transport.send(_prepare(self._transport, self._options, arguments))


def _prepare(transport: SyncTransport | AsyncTransport, options: Options, arguments: Mapping[str, Any]) -> Prepared:
    """The request for the arguments of `httpx.Client.request` that endpoint functions use."""
    url: str = arguments["url"]
    if arguments.get("params"):
        url = f"{url}?{httpx.QueryParams(arguments['params'])}"
    headers: dict[str, str] = dict(arguments.get("headers") or {})
    if arguments.get("cookies"):
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in arguments["cookies"].items())
    operation: Operation[Any, Any] = Operation(
        name=url,
        method=arguments["method"].upper(),
        path=url,
        content_type=headers.pop("Content-Type", None),
        request=None,
        response=None,
    )
    return transport.preparer.prepare(operation, _content(operation, arguments), options, extra_headers=headers)


def _content(operation: Operation[Any, Any], arguments: Mapping[str, Any]) -> bytes | None:
    if "json" in arguments:
        body = arguments["json"]
        if isinstance(body, dict) and "stream" not in body and _streams(operation):
            body = {**body, "stream": False}  # an endpoint function returns one answer
        return _json.dumps(body)
    content = arguments.get("content")
    return content if content is None or isinstance(content, bytes) else cast("bytes", content.read())


def _streams(operation: Operation[Any, Any]) -> bool:
    """Whether the server streams the answer unless it is told not to."""
    return any(
        isinstance(known, Operation)
        and (known.method, known.path) == (operation.method, operation.path)
        and known.response is not None
        and known.response_model().stream_end is not None
        for known in vars(api).values()
    )
