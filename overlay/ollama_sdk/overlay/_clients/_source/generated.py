"""The client that generated endpoint functions are given: it sends through the sender of the overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import httpx

from ollama_sdk.generated.client import Client
from ollama_sdk.overlay._clients.generated import build_request

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending._async.sender import AsyncSender
    from ollama_sdk.overlay._sending.builder import RequestBuilder


class AsyncGeneratedClient(Client):
    """A generated `Client` that sends through an `AsyncOllama`."""

    def __init__(self, sender: AsyncSender, builder: RequestBuilder) -> None:
        """Made by `AsyncOllama.generated`."""
        super().__init__(base_url=builder.host.base_url)
        self._sender = sender
        self._builder = builder

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """What endpoint functions call `request` on."""
        return cast("httpx.AsyncClient", self)

    async def request(self, **arguments: Any) -> httpx.Response:
        """Send what an endpoint function asks for; raises the errors of the overlay."""
        return await self._sender.send(build_request(self._builder, arguments))
