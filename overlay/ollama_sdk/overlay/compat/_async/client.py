"""AsyncClient: the official client's methods, each a call of `AsyncOllama`."""

from __future__ import annotations

from typing import Self

from ollama_sdk.overlay import AsyncOllama
from ollama_sdk.overlay.compat._async.models import AsyncModelCalls
from ollama_sdk.overlay.compat._async.text import AsyncTextCalls


class AsyncClient(AsyncTextCalls, AsyncModelCalls):
    """The asynchronous client; its arguments are those of `BaseClient`.

    Example:
        >>> client = AsyncClient("http://127.0.0.1:11434", timeout=60)
        >>> answer = await client.chat("llama3.2", [{"role": "user", "content": "Hi!"}])  # doctest: +SKIP
    """

    @property
    def sdk(self) -> AsyncOllama:
        """The `AsyncOllama` that sends the calls of this client: the way off the bridge, call by call."""
        sdk: AsyncOllama = self._current_sdk()
        return sdk

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        if self._sdk is not None:
            await self._sdk.close()
        if self._http is not None:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
