"""The bodies of requests, and what belongs to them: tools and options."""

# pyright: reportIncompatibleVariableOverride=false
# Fields are narrowed to the classes of this room, which is what they read as.

from __future__ import annotations

from typing import Any

from attrs import evolve

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._errors import invalid
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.dump import How, Selection


class Tool(SubscriptableBaseModel, models.Tool, fields="type function"):
    """A function that the model may call."""

    type: str | None = "function"

    class Function(SubscriptableBaseModel, models.ToolFunction, fields="name description parameters"):
        """Its name, what it does, and what it takes."""

        class Parameters(
            SubscriptableBaseModel,
            models.ToolFunctionParameters,
            fields="type defs items required properties",
            keys={"defs": "$defs"},
        ):
            """What a function takes."""

            type: str | None = "object"

            class Property(SubscriptableBaseModel, models.ToolProperty, fields="type items description enum"):
                """One parameter of a function."""

                type: str | list[str] | None
                items: Any | None  # pyright: ignore[reportIncompatibleMethodOverride]  # the field hides the method

            items: Any | None  # pyright: ignore[reportIncompatibleMethodOverride]  # the field hides the method
            properties: dict[str, Property] | None  # type: ignore[assignment]  # of the class that is here

        parameters: Parameters | None

    function: Function | None  # type: ignore[assignment]  # it may be missing


class Options(
    SubscriptableBaseModel,
    models.Options,
    fields="numa num_ctx num_batch num_gpu main_gpu low_vram f16_kv logits_all vocab_only use_mmap use_mlock "
    "embedding_only num_thread num_keep seed num_predict top_k top_p tfs_z typical_p repeat_last_n temperature "
    "repeat_penalty presence_penalty frequency_penalty mirostat mirostat_tau mirostat_eta penalize_newline stop",
):
    """How a model is loaded and how it writes. A mapping instead may have options that are not here."""

    # What servers no longer have, and leave out with a warning.
    numa: bool | None = None
    low_vram: bool | None = None
    f16_kv: bool | None = None
    logits_all: bool | None = None
    vocab_only: bool | None = None
    use_mlock: bool | None = None
    embedding_only: bool | None = None
    tfs_z: float | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None
    penalize_newline: bool | None = None


class BaseRequest(SubscriptableBaseModel, fields="model", required="model"):
    """A request about a model."""

    def __init__(self, /, **values: Any) -> None:
        """See the base; the name of the model must not be empty."""
        super().__init__(**values)
        if self.__dict__.get("model") == "":
            raise invalid(type(self).__name__, [("model", "String should have at least 1 character")], values)

    def dumped(self, how: How, include: Selection = None, exclude: Selection = None) -> Any:
        """See the base; names are always those on the wire."""
        return super().dumped(how if how.is_sent else evolve(how, by_alias=True), include, exclude)


class BaseStreamableRequest(BaseRequest, fields="stream"):
    """A request whose answer may be streamed."""


class BaseGenerateRequest(
    BaseStreamableRequest, fields="options format keep_alive", kinds={"options": "raw", "format": "raw"}
):
    """A request that lets a model write."""

    def __init__(self, /, **values: Any) -> None:
        """See the base; the format is "json", a JSON schema or nothing."""
        super().__init__(**values)
        form = self.__dict__.get("format")
        if form not in (None, "", "json") and not isinstance(form, dict):
            problem = "Input should be '', 'json' or a JSON schema, such as the model_json_schema() of a class"
            raise invalid(type(self).__name__, [("format", problem)], values)


class GenerateRequest(
    BaseGenerateRequest,
    models.GenerateRequest,
    fields="prompt suffix system template context raw images think logprobs top_logprobs width height steps",
    kinds={"images": "images"},
):
    """The body of a call of generate."""


class ChatRequest(
    BaseGenerateRequest,
    models.ChatRequest,
    fields="messages tools think logprobs top_logprobs",
    kinds={"messages": "raw"},
):
    """The body of a call of chat."""


class EmbedRequest(
    BaseRequest,
    models.EmbedRequest,
    fields="input truncate options keep_alive dimensions",
    required="input",
    kinds={"options": "raw"},
):
    """The body of a call of embed."""


class EmbeddingsRequest(
    BaseRequest, models.EmbeddingRequest, fields="prompt options keep_alive", kinds={"options": "raw"}
):
    """The body of a call of embeddings."""


class PullRequest(BaseStreamableRequest, models.PullRequest, fields="insecure"):
    """The body of a call of pull."""


class PushRequest(BaseStreamableRequest, models.PushRequest, fields="insecure"):
    """The body of a call of push."""


class CreateRequest(
    BaseStreamableRequest,
    models.CreateRequest,
    fields="quantize from_ files adapters template license system parameters messages",
    keys={"from_": "from"},
    kinds={"parameters": "raw", "messages": "raw"},
):
    """The body of a call of create."""


class DeleteRequest(BaseRequest, models.DeleteRequest):
    """The body of a call of delete."""


class ShowRequest(BaseRequest, models.ShowRequest):
    """The body of a call of show."""


class CopyRequest(
    SubscriptableBaseModel, models.CopyRequest, fields="source destination", required="source destination"
):
    """The body of a call of copy."""


class WebSearchRequest(SubscriptableBaseModel, models.WebSearchRequest, fields="query max_results", required="query"):
    """The body of a call of web_search."""


class WebFetchRequest(SubscriptableBaseModel, models.WebFetchRequest, fields="url", required="url"):
    """The body of a call of web_fetch."""
