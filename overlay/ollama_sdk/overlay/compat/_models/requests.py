"""The bodies of requests."""

from __future__ import annotations

from typing import Any

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._errors import invalid
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.dump import How, Selection


class BaseRequest(SubscriptableBaseModel, fields="model", required="model"):
    """A request about a model."""

    def __init__(self, /, **values: Any) -> None:
        """See the base; the name of the model must not be empty."""
        super().__init__(**values)
        if self.__dict__.get("model") == "":
            raise invalid(type(self).__name__, [("model", "String should have at least 1 character")], values)


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

    def dumped(self, how: How, include: Selection = None, exclude: Selection = None) -> Any:
        """See the base; the definitions of tools are `$defs`, as in JSON schemas."""
        body = super().dumped(how, include, exclude)
        for tool in body.get("tools") or ():
            parameters = (tool.get("function") or {}).get("parameters") or {}
            if "defs" in parameters:
                parameters["$defs"] = parameters.pop("defs")
        return body


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

    def dumped(self, how: How, include: Selection = None, exclude: Selection = None) -> Any:
        """See the base; `from_` is `from`."""
        body = super().dumped(how, include, exclude)
        if "from_" in body:
            body["from"] = body.pop("from_")
        return body


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
