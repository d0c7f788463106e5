"""The requests of embed and embeddings; no I/O."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ollama_sdk.generated import api, models
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay._checks import as_list, check_model, check_text
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._sending.builder import Arguments, RequestBuilder, read_extra_body

if TYPE_CHECKING:
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
    from ollama_sdk.overlay._sending.request import Request


def embed(builder: RequestBuilder, model: str, input: object, arguments: Arguments) -> Request[VectorsResponse]:
    """POST /api/embed."""
    from ollama_sdk.overlay._embeddings.vectors import parse_vectors

    if not isinstance(input, str):
        input = texts(input)
    count: int | None = 1 if isinstance(input, str) else len(input)
    if input == "" or "input" in read_extra_body(arguments):
        count = None  # an empty text has a vector on some servers alone
    operation = cast("Operation[Any, VectorsResponse]", api.EMBED)
    return builder.json(
        operation, arguments, {"model": check_model(model), "input": input}, parse=partial(parse_vectors, count=count)
    )


def texts(input: object) -> list[str]:
    """Return the texts of a list or of another iterable; raise RequestError if it is none, or has something else."""
    found = as_list("input", input)
    for index, text in enumerate(found):
        if not isinstance(text, str):
            raise RequestError(f"input[{index}] must be a string, not {type(text).__name__}")
    return found


def embeddings(
    builder: RequestBuilder, model: str, prompt: str, arguments: Arguments
) -> Request[models.EmbeddingResponse]:
    """POST /api/embeddings."""
    check_text("prompt", prompt)
    return builder.json(api.EMBEDDINGS, arguments, {"model": check_model(model), "prompt": prompt})
