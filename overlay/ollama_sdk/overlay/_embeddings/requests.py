"""The requests of embed and embeddings: pure, shared by both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from ollama_sdk.generated import api, models
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay._checks import as_list, check_given, check_model
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._sending.requests import Arguments, Outgoing, make_outgoing

if TYPE_CHECKING:
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse


def embed(model: str, input: object, arguments: Arguments) -> Outgoing[VectorsResponse]:
    """POST /api/embed."""
    from ollama_sdk.overlay._embeddings.vectors import parse_vectors

    if not isinstance(input, str):
        input = texts(input)
    operation = cast("Operation[Any, VectorsResponse]", api.EMBED)
    return evolve(make_outgoing(operation, arguments, model=check_model(model), input=input), parse=parse_vectors)


def texts(input: object) -> list[str]:
    """The texts of a list, or of whatever else can be iterated over.

    Raises:
        RequestError: It is no list, or something in it is no text.
    """
    listed = as_list("input", input)
    for index, text in enumerate(listed):
        if not isinstance(text, str):
            raise RequestError(f"input[{index}] must be a string, not {type(text).__name__}")
    return listed


def embeddings(model: str, prompt: str, arguments: Arguments) -> Outgoing[models.EmbeddingResponse]:
    """POST /api/embeddings."""
    check_given("prompt", prompt)
    return make_outgoing(api.EMBEDDINGS, arguments, model=check_model(model), prompt=prompt)
