# Compiled from overlay/ollama_sdk/overlay/compat/_async/client.py; change that, then run `make generate`.
"""Client: the official client's methods, each a call of `Ollama`."""

from __future__ import annotations

from typing import Self

from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay.compat._sync.models import ModelCalls
from ollama_sdk.overlay.compat._sync.text import TextCalls


class Client(TextCalls, ModelCalls):
    """The blocking client; its arguments are those of `BaseClient`.

    Example:
        >>> client = Client("http://127.0.0.1:11434", timeout=60)
        >>> answer = client.chat("llama3.2", [{"role": "user", "content": "Hi!"}])  # doctest: +SKIP
    """

    @property
    def sdk(self) -> Ollama:
        """The `Ollama` that sends the calls of this client: the way off the bridge, call by call."""
        sdk: Ollama = self._current_sdk()
        return sdk

    def close(self) -> None:
        """Close the connections."""
        self._closed = True
        if self._sdk is not None:
            self._sdk.close()
        if self._http is not None:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
