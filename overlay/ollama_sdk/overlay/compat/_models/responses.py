"""The answers of the operations on models, of embeddings, and of the web."""

# pyright: reportIncompatibleVariableOverride=false
# Fields are narrowed to the classes of this room, which is what they read as.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ollama_sdk.generated import models
from ollama_sdk.overlay import VectorsResponse
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.chat import BaseGenerateResponse
from ollama_sdk.overlay.compat._models.values import ByteSize


class EmbedResponse(BaseGenerateResponse, VectorsResponse, fields="embeddings", required="embeddings"):
    """The vectors of texts; `as_numpy()` is one array of them."""

    created_at: str | None = None
    done: bool | None = None
    done_reason: str | None = None
    prompt_eval_duration: int | None = None
    eval_count: int | None = None
    eval_duration: int | None = None

    if not TYPE_CHECKING:

        @property
        def embeddings(self) -> Any:
            """The vectors, each number a float: servers write 1.0 as 1."""
            vectors = super().embeddings
            if type(vectors) is not list or type(vectors) is _Floats:
                return vectors
            self.__dict__["embeddings"] = floats = _Floats(map(_as_floats, vectors))
            return floats


class EmbeddingsResponse(
    SubscriptableBaseModel,
    models.EmbeddingResponse,
    fields="embedding",
    required="embedding",
):
    """The vector of a text."""

    if not TYPE_CHECKING:

        @property
        def embedding(self) -> Any:
            """The vector, each number a float."""
            return _as_floats(self.__dict__.get("embedding"))


class _Floats(list[Any]):
    """Vectors whose numbers are floats."""

    __slots__ = ()


def _as_floats(vector: Any) -> Any:
    # One pass in C tells that there is nothing to convert, as is so with nearly all vectors.
    if type(vector) is not list or _FLOAT.issuperset(map(type, vector)):
        return vector
    return [float(number) if type(number) is int else number for number in vector]


_FLOAT: Final = frozenset({float})


class ModelDetails(
    SubscriptableBaseModel,
    models.ModelDetails,
    fields="parent_model format family families parameter_size quantization_level",
):
    """What a model is."""

    format: str | None


class ListResponse(SubscriptableBaseModel, models.ListResponse, fields="models", required="models"):
    """The models that the server has."""

    class Model(
        SubscriptableBaseModel,
        models.ListModelResponse,
        fields="model modified_at digest size details",
        kinds={"size": "size"},
    ):
        """One of them."""

        size: ByteSize
        details: ModelDetails

    models: list[Model]  # type: ignore[assignment]  # of the class that is here


class ProcessResponse(SubscriptableBaseModel, models.ProcessResponse, fields="models", required="models"):
    """The models that are loaded."""

    class Model(
        SubscriptableBaseModel,
        models.ProcessModelResponse,
        fields="model name digest expires_at size size_vram details context_length",
        kinds={"size": "size", "size_vram": "size"},
    ):
        """One of them."""

        size: ByteSize
        size_vram: ByteSize
        details: ModelDetails

    models: list[Model]  # type: ignore[assignment]  # of the class that is here


class StatusResponse(SubscriptableBaseModel, models.ProgressResponse, fields="status"):
    """Whether an operation went well."""


class ProgressResponse(StatusResponse, fields="completed total digest"):
    """How far a job is."""


class ShowResponse(
    SubscriptableBaseModel,
    models.ShowResponse,
    fields="modified_at template modelfile license details modelinfo parameters capabilities",
    required="modelinfo",
    keys={"modelinfo": "model_info"},
):
    """What the server knows about a model."""

    license: str | None
    details: ModelDetails
    modelinfo: dict[str, Any] | None


class WebSearchResult(SubscriptableBaseModel, models.WebSearchResult, fields="content title url"):
    """A page that was found."""


class WebSearchResponse(SubscriptableBaseModel, models.WebSearchResponse, fields="results", required="results"):
    """The pages that were found."""

    results: list[WebSearchResult]  # type: ignore[assignment]  # of the class that is here


class WebFetchResponse(SubscriptableBaseModel, models.WebFetchResponse, fields="title content links"):
    """A page."""
