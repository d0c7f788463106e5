"""The requests of chat, generate, systemone, and of the account and the web: pure, shared by both clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ollama_sdk.generated import api, models
from ollama_sdk.overlay._answers.answers import parse_answer
from ollama_sdk.overlay._checks import as_list, check_kind, check_model, check_not_empty, check_stream
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._sending.builder import Arguments, RequestBuilder, as_progress
from ollama_sdk.overlay._sending.messages import encode_messages

if TYPE_CHECKING:
    from ollama_sdk.overlay._formats.formats import Format
    from ollama_sdk.overlay._sending.request import Request

_PROBE_TIMEOUT = 2.0
"""Timeout of `is_running`: seconds per phase."""


def chat(
    builder: RequestBuilder,
    model: str,
    messages: object,
    stream: object,
    form: Format[Any] | None,
    arguments: Arguments,
) -> Request[models.ChatResponse]:
    """POST /api/chat."""
    fields = {
        "model": check_model(model),
        "messages": encode_messages(messages),
        "tools": _tools(arguments.get("tools")),
        "format": form and form.wire,
        "stream": check_stream(stream),
    }
    return builder.json(api.CHAT, arguments, fields, parse=form.parse_answer if form else parse_answer)


def generate(
    builder: RequestBuilder,
    model: str,
    prompt: str | None,
    stream: object,
    form: Format[Any] | None,
    arguments: Arguments,
) -> Request[models.GenerateResponse]:
    """POST /api/generate."""
    check_kind("prompt", prompt, str)
    images = arguments.get("images")
    if images is not None:  # an array has no truth value
        from ollama_sdk.overlay._sending.images import encode_images

        images = encode_images(images, "images")
    fields = {
        "model": check_model(model),
        "prompt": prompt,
        "images": images,
        "format": form and form.wire,
        "stream": check_stream(stream),
    }
    return builder.json(api.GENERATE, arguments, fields, parse=form.parse_answer if form else parse_answer)


def systemone(
    builder: RequestBuilder, model: str, state: object, questions: object, arguments: Arguments
) -> Request[models.SystemOneResponse]:
    """POST /v1/systemone."""
    if state is None:
        raise RequestError("state must be text, a dict or a list, not None")
    if not isinstance(questions, Mapping) or not questions:
        raise RequestError("questions must map names to questions, at least one, such as {'type': 'noul', ...}")
    for name, question in questions.items():
        _check_question(question, f"questions[{name!r}]")
    fields = {"model": check_model(model), "state": state, "questions": questions}
    return builder.json(api.SYSTEMONE, arguments, fields)


def probe(builder: RequestBuilder, arguments: Arguments) -> Request[models.ProgressResponse]:
    """HEAD /, which is answered at once or not at all."""
    if arguments.get("timeout") is None:
        arguments = {**arguments, "timeout": _PROBE_TIMEOUT}
    request = builder.bare(as_progress(api.HEAD_ROOT), arguments)
    return evolve(request, options=evolve(request.options, max_retries=0))


def web_search(
    builder: RequestBuilder, query: str, max_results: int | None, via: object, arguments: Arguments
) -> Request[models.WebSearchResponse]:
    """POST /api/web_search of the cloud, or the experimental route of the server."""
    check_not_empty("query", query)
    cloud = _is_via_cloud(via)
    operation = api.WEB_SEARCH if cloud else api.EXPERIMENTAL_WEB_SEARCH
    return builder.json(operation, arguments, {"query": query, "max_results": max_results}, cloud=cloud)


def web_fetch(builder: RequestBuilder, url: str, via: object, arguments: Arguments) -> Request[models.WebFetchResponse]:
    """POST /api/web_fetch of the cloud, or the experimental route of the server."""
    check_not_empty("url", url)
    cloud = _is_via_cloud(via)
    operation = api.WEB_FETCH if cloud else api.EXPERIMENTAL_WEB_FETCH
    return builder.json(operation, arguments, {"url": url}, cloud=cloud)


def _is_via_cloud(via: object) -> bool:
    if via not in ("cloud", "server"):
        raise RequestError(f"via must be 'cloud' or 'server', not {via!r}")
    return via == "cloud"


def _check_question(question: object, where: str) -> None:
    if not isinstance(question, Mapping | models.SystemOneQuestion):
        raise RequestError(f"{where} must be a dict or a SystemOneQuestion, not {type(question).__name__}")
    for key in ("type", "instructions"):
        if question.get(key) is None:
            raise RequestError(f"{where} has no {key}")


def _tools(tools: object) -> list[Any] | None:
    if tools is None:
        return None
    from ollama_sdk.overlay._tools.functions import tool_definitions

    return list(tool_definitions(as_list("tools", tools)))


def resolve(format: object) -> Format[Any] | None:
    """Return the form that an answer is to have: that of "json", a JSON schema or a type; else RequestError."""
    if format is None:
        return None
    from ollama_sdk.overlay._formats.formats import resolve_format

    return resolve_format(format)
