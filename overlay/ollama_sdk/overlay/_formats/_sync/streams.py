# Compiled from overlay/ollama_sdk/overlay/_formats/_async/streams.py; change that, then run `make generate`.
"""Streams of answers that have a `format`: what `final()` returns has `.parsed`."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from ollama_sdk.generated.models.chat_response import ChatResponse
from ollama_sdk.generated.models.generate_response import GenerateResponse
from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._answers.reading import Reading
from ollama_sdk.overlay._formats.formats import Format, ParsedChatResponse, ParsedGenerateResponse

T = TypeVar("T")


class ParsedChatStream(Stream[ChatResponse], Generic[T]):
    """A streamed chat that had a `format`; see `Stream`."""

    __module__ = "ollama_sdk.overlay"

    def __init__(self, reading: Reading[ChatResponse], format: Format[T]) -> None:
        """Made by the client."""
        super().__init__(reading)
        self._format = format

    @property
    def partial(self) -> ParsedChatResponse[Any] | None:
        """The answer so far; its `.parsed` is what can be read of its JSON. None before the first piece."""
        return ParsedChatResponse.partly(super().partial)

    def final(self) -> ParsedChatResponse[T]:
        """Read to the end and return the whole answer, whose `.parsed` is its text as an object."""
        return ParsedChatResponse.of(super().final(), self._format)


class ParsedGenerateStream(Stream[GenerateResponse], Generic[T]):
    """A streamed generation that had a `format`; see `Stream`."""

    __module__ = "ollama_sdk.overlay"

    def __init__(self, reading: Reading[GenerateResponse], format: Format[T]) -> None:
        """Made by the client."""
        super().__init__(reading)
        self._format = format

    @property
    def partial(self) -> ParsedGenerateResponse[Any] | None:
        """The answer so far; its `.parsed` is what can be read of its JSON. None before the first piece."""
        return ParsedGenerateResponse.partly(super().partial)

    def final(self) -> ParsedGenerateResponse[T]:
        """Read to the end and return the whole answer, whose `.parsed` is its text as an object."""
        return ParsedGenerateResponse.of(super().final(), self._format)
