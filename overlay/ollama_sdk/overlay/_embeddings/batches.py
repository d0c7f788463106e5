"""Many texts for `embed`: they are split into requests, and the responses are joined into one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from ollama_sdk.generated.models.embed_response import EmbedResponse
from ollama_sdk.overlay._checks import check_whole_number
from ollama_sdk.overlay._embeddings import requests
from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
from ollama_sdk.overlay._embeddings.vectors_text import VectorsText
from ollama_sdk.overlay._errors import OllamaError, RequestError
from ollama_sdk.overlay._sending.builder import Arguments, RequestBuilder

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending.request import Request

AT_ONCE = 4
"""Requests at the same time, unless the caller gives `max_concurrency`."""


class EmbedBatches:
    """The requests of one call of `embed`. All are built before the first is sent, so that bad input fails at once.

    Args:
        size: Maximum texts per request.
        at_once: Maximum requests at the same time.
        report: Called after each answer with `completed`, how many texts have their vectors, and `total`, of how many.

    Attributes:
        requests: The requests, in the order of the texts.

    Raises:
        RequestError: An argument cannot be used.
    """

    def __init__(
        self,
        builder: RequestBuilder,
        model: str,
        input: object,
        size: int | None,
        at_once: int | None,
        arguments: Arguments,
        report: Callable[..., object],
    ) -> None:
        if size is None and at_once is not None:
            raise RequestError("max_concurrency= counts batches: add batch_size=, how many texts a request has at most")
        size = sys.maxsize if size is None else check_whole_number("batch_size", size, 1)
        self.at_once = AT_ONCE if at_once is None else check_whole_number("max_concurrency", at_once, 1)
        texts = [input] if isinstance(input, str) else requests.texts(input)
        count = len(texts)
        self._parts = [range(start, min(start + size, count)) for start in range(0, count or 1, size)]
        self.requests: list[Request[VectorsResponse]]
        if len(self._parts) == 1:
            whole = input if isinstance(input, str) else texts
            self.requests = [requests.embed(builder, model, whole, arguments)]
        else:
            self.requests = [_batch(builder, model, texts, part, arguments) for part in self._parts]
        self._done: dict[int, VectorsResponse] = {}
        self._answered = 0  # texts
        self._report = report
        self._lock = threading.Lock()

    def add(self, index: int, response: VectorsResponse) -> VectorsResponse:
        """Keep the answer to a request, and report it; return it."""
        with self._lock:
            self._done[index] = response
            self._answered += len(self._parts[index])
            self._report(completed=self._answered, total=self._parts[-1].stop)
        return response

    def leave(self, error: OllamaError) -> None:
        """Leave what is done in the error, with the positions of its texts."""
        done = sorted(self._done)
        if done and error.partial is None:
            joined = join([self._done[index] for index in done])
            positions = [position for index in done for position in self._parts[index]]
            error.partial = VectorsResponse._adopt({**joined.__dict__, "positions": positions})


def _batch(
    builder: RequestBuilder, model: str, texts: Sequence[str], part: range, arguments: Arguments
) -> Request[VectorsResponse]:
    """Return the request with a part of the texts."""
    request = requests.embed(builder, model, texts[part.start : part.stop], arguments)
    return evolve(request, about=f"input[{part.start}:{part.stop}] of {len(texts)} texts")


def join(responses: list[VectorsResponse]) -> VectorsResponse:
    """Return one response: the vectors of all, sums of integer fields, and the other fields of the first."""
    if len(responses) == 1:
        return responses[0]
    fields = {**responses[0].__dict__, "embeddings": VectorsText([part for one in responses for part in one._parts()])}
    for key in EmbedResponse._wire_keys:
        counts = [value for one in responses if (value := one.__dict__.get(key)) is not None]
        if counts and all(type(value) is int for value in counts):
            fields[key] = sum(counts)
    return VectorsResponse._adopt(fields)
