"""The requests of generated endpoint functions, which pass the arguments of `httpx.Client.request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import httpx

from ollama_sdk.generated import api
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay._secrets import hidden
from ollama_sdk.overlay._sending.builder import encode_json

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending.builder import RequestBuilder
    from ollama_sdk.overlay._sending.request import Request


def build_request(builder: RequestBuilder, arguments: Mapping[str, Any]) -> Request[Any]:
    """Return the request for the arguments of `httpx.Client.request` that endpoint functions use."""
    url: str = arguments["url"]
    if arguments.get("params"):
        url = f"{url}?{httpx.QueryParams(arguments['params'])}"
    headers: dict[str, str] = hidden(dict(arguments.get("headers") or {}))
    if arguments.get("cookies"):
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in arguments["cookies"].items())
    operation: Operation[Any, Any] = Operation(
        name=url,
        method=arguments["method"].upper(),
        path=url,
        content_type=headers.pop("Content-Type", None),
        request=None,
        response=None,
    )
    return builder.build(operation, _content(operation, arguments), {"extra_headers": headers})


def _content(operation: Operation[Any, Any], arguments: Mapping[str, Any]) -> bytes | None:
    if "json" in arguments:
        body = arguments["json"]
        if isinstance(body, dict) and "stream" not in body and _streams(operation):
            body = {**body, "stream": False}  # an endpoint function returns one answer
        return encode_json(body)
    content = arguments.get("content")
    return content if content is None or isinstance(content, bytes) else cast("bytes", content.read())


def _streams(operation: Operation[Any, Any]) -> bool:
    """Return whether the server streams the answer by default."""
    return any(
        isinstance(known, Operation)
        and (known.method, known.path) == (operation.method, operation.path)
        and known.response is not None
        and known.response_model()._stream_end is not None
        for known in vars(api).values()
    )
