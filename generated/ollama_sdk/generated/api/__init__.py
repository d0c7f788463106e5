"""The operations of the API, by their operationId in capitals; each also has an endpoint module below this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..types import Operation

if TYPE_CHECKING:
    from .. import models

GET_ROOT: Final["Operation[None, None]"] = Operation(
    name="get_root",
    method="GET",
    path="/",
    content_type=None,
    request=None,
    response=None,
)
"""Ask whether a server answers"""
HEAD_ROOT: Final["Operation[None, None]"] = Operation(
    name="head_root",
    method="HEAD",
    path="/",
    content_type=None,
    request=None,
    response=None,
)
"""Ask whether a server answers, headers only"""
GET_VERSION: Final["Operation[None, models.VersionResponse]"] = Operation(
    name="get_version",
    method="GET",
    path="/api/version",
    content_type=None,
    request=None,
    response="VersionResponse",
)
"""Get the version of the server"""
HEAD_VERSION: Final["Operation[None, None]"] = Operation(
    name="head_version",
    method="HEAD",
    path="/api/version",
    content_type=None,
    request=None,
    response=None,
)
"""Ask for the version, headers only"""
GET_STATUS: Final["Operation[None, models.StatusResponse]"] = Operation(
    name="get_status",
    method="GET",
    path="/api/status",
    content_type=None,
    request=None,
    response="StatusResponse",
)
"""Get the state of the server's switches"""
CHAT: Final["Operation[models.ChatRequest, models.ChatResponse]"] = Operation(
    name="chat",
    method="POST",
    path="/api/chat",
    content_type="application/json",
    request="ChatRequest",
    response="ChatResponse",
)
"""Continue a conversation"""
GENERATE: Final["Operation[models.GenerateRequest, models.GenerateResponse]"] = Operation(
    name="generate",
    method="POST",
    path="/api/generate",
    content_type="application/json",
    request="GenerateRequest",
    response="GenerateResponse",
)
"""Answer a single prompt"""
SYSTEMONE: Final["Operation[models.SystemOneRequest, models.SystemOneResponse]"] = Operation(
    name="systemone",
    method="POST",
    path="/v1/systemone",
    content_type="application/json",
    request="SystemOneRequest",
    response="SystemOneResponse",
)
"""Let a model judge a state by questions"""
EMBED: Final["Operation[models.EmbedRequest, models.EmbedResponse]"] = Operation(
    name="embed",
    method="POST",
    path="/api/embed",
    content_type="application/json",
    request="EmbedRequest",
    response="EmbedResponse",
)
"""Turn texts into vectors"""
EMBEDDINGS: Final["Operation[models.EmbeddingRequest, models.EmbeddingResponse]"] = Operation(
    name="embeddings",
    method="POST",
    path="/api/embeddings",
    content_type="application/json",
    request="EmbeddingRequest",
    response="EmbeddingResponse",
)
"""Turn one text into a vector, older form"""
LIST_MODELS: Final["Operation[None, models.ListResponse]"] = Operation(
    name="list_models",
    method="GET",
    path="/api/tags",
    content_type=None,
    request=None,
    response="ListResponse",
)
"""List the models of the server"""
HEAD_MODELS: Final["Operation[None, None]"] = Operation(
    name="head_models",
    method="HEAD",
    path="/api/tags",
    content_type=None,
    request=None,
    response=None,
)
"""Ask for the list of models, headers only"""
LIST_RUNNING_MODELS: Final["Operation[None, models.ProcessResponse]"] = Operation(
    name="list_running_models",
    method="GET",
    path="/api/ps",
    content_type=None,
    request=None,
    response="ProcessResponse",
)
"""List the models that are loaded"""
SHOW_MODEL: Final["Operation[models.ShowRequest, models.ShowResponse]"] = Operation(
    name="show_model",
    method="POST",
    path="/api/show",
    content_type="application/json",
    request="ShowRequest",
    response="ShowResponse",
)
"""Look at one model"""
PULL_MODEL: Final["Operation[models.PullRequest, models.ProgressResponse]"] = Operation(
    name="pull_model",
    method="POST",
    path="/api/pull",
    content_type="application/json",
    request="PullRequest",
    response="ProgressResponse",
)
"""Fetch a model"""
PUSH_MODEL: Final["Operation[models.PushRequest, models.ProgressResponse]"] = Operation(
    name="push_model",
    method="POST",
    path="/api/push",
    content_type="application/json",
    request="PushRequest",
    response="ProgressResponse",
)
"""Publish a model"""
CREATE_MODEL: Final["Operation[models.CreateRequest, models.ProgressResponse]"] = Operation(
    name="create_model",
    method="POST",
    path="/api/create",
    content_type="application/json",
    request="CreateRequest",
    response="ProgressResponse",
)
"""Make a model"""
COPY_MODEL: Final["Operation[models.CopyRequest, None]"] = Operation(
    name="copy_model",
    method="POST",
    path="/api/copy",
    content_type="application/json",
    request="CopyRequest",
    response=None,
)
"""Copy a model"""
DELETE_MODEL: Final["Operation[models.DeleteRequest, None]"] = Operation(
    name="delete_model",
    method="DELETE",
    path="/api/delete",
    content_type="application/json",
    request="DeleteRequest",
    response=None,
)
"""Delete a model"""
CREATE_BLOB: Final["Operation[None, None]"] = Operation(
    name="create_blob",
    method="POST",
    path="/api/blobs/{digest}",
    content_type="application/octet-stream",
    request=None,
    response=None,
)
"""Upload a file"""
HAS_BLOB: Final["Operation[None, None]"] = Operation(
    name="has_blob",
    method="HEAD",
    path="/api/blobs/{digest}",
    content_type=None,
    request=None,
    response=None,
)
"""Ask whether a file is there"""
WHOAMI: Final["Operation[None, models.UserResponse]"] = Operation(
    name="whoami",
    method="POST",
    path="/api/me",
    content_type=None,
    request=None,
    response="UserResponse",
)
"""Get the account"""
SIGNOUT: Final["Operation[None, None]"] = Operation(
    name="signout",
    method="POST",
    path="/api/signout",
    content_type=None,
    request=None,
    response=None,
)
"""Sign the server out"""
DELETE_USER_KEY: Final["Operation[None, None]"] = Operation(
    name="delete_user_key",
    method="DELETE",
    path="/api/user/keys/{encoded_key}",
    content_type=None,
    request=None,
    response=None,
)
"""Sign the server out, older form"""
WEB_SEARCH: Final["Operation[models.WebSearchRequest, models.WebSearchResponse]"] = Operation(
    name="web_search",
    method="POST",
    path="/api/web_search",
    content_type="application/json",
    request="WebSearchRequest",
    response="WebSearchResponse",
)
"""Search the web"""
WEB_FETCH: Final["Operation[models.WebFetchRequest, models.WebFetchResponse]"] = Operation(
    name="web_fetch",
    method="POST",
    path="/api/web_fetch",
    content_type="application/json",
    request="WebFetchRequest",
    response="WebFetchResponse",
)
"""Read a web page"""
EXPERIMENTAL_WEB_SEARCH: Final["Operation[models.WebSearchRequest, models.WebSearchResponse]"] = Operation(
    name="experimental_web_search",
    method="POST",
    path="/api/experimental/web_search",
    content_type="application/json",
    request="WebSearchRequest",
    response="WebSearchResponse",
)
"""Search the web through this server"""
EXPERIMENTAL_WEB_FETCH: Final["Operation[models.WebFetchRequest, models.WebFetchResponse]"] = Operation(
    name="experimental_web_fetch",
    method="POST",
    path="/api/experimental/web_fetch",
    content_type="application/json",
    request="WebFetchRequest",
    response="WebFetchResponse",
)
"""Read a web page through this server"""
MODEL_RECOMMENDATIONS: Final["Operation[None, models.ModelRecommendationsResponse]"] = Operation(
    name="model_recommendations",
    method="GET",
    path="/api/experimental/model-recommendations",
    content_type=None,
    request=None,
    response="ModelRecommendationsResponse",
)
"""Get recommended models"""
