"""The requests of chat, generate, systemone, and of the account and the web: pure, shared by both clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ollama_sdk.generated import api, models
from ollama_sdk.overlay._checks import as_list, check_kind, check_model, check_not_empty, check_stream
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._sending.messages import encode_images, encode_messages
from ollama_sdk.overlay._sending.requests import Arguments, Outgoing, as_progress, get, make_outgoing

if TYPE_CHECKING:
    from ollama_sdk.overlay._formats.formats import Format

_PROBE_TIMEOUT = 2.0
"""Seconds per phase after which nobody is said to answer."""


def chat(
    model: str, messages: object, stream: object, form: Format[Any] | None, arguments: Arguments
) -> Outgoing[models.ChatResponse]:
    """POST /api/chat."""
    outgoing = make_outgoing(
        api.CHAT,
        arguments,
        model=check_model(model),
        messages=encode_messages(messages),
        tools=_tools(arguments.get("tools")),
        format=form and form.wire,
        stream=check_stream(stream),
    )
    return evolve(outgoing, parse=form.parse_answer) if form else outgoing


def generate(
    model: str, prompt: str | None, stream: object, form: Format[Any] | None, arguments: Arguments
) -> Outgoing[models.GenerateResponse]:
    """POST /api/generate."""
    check_kind("prompt", prompt, str)
    images = arguments.get("images")
    outgoing = make_outgoing(
        api.GENERATE,
        arguments,
        model=check_model(model),
        prompt=prompt,
        images=None if images is None else encode_images(images, "images"),
        format=form and form.wire,
        stream=check_stream(stream),
    )
    return evolve(outgoing, parse=form.parse_answer) if form else outgoing


def systemone(model: str, state: object, questions: object, arguments: Arguments) -> Outgoing[models.SystemOneResponse]:
    """POST /v1/systemone."""
    if state is None:
        raise RequestError("state must be text, a dict or a list, not None")
    if not isinstance(questions, Mapping) or not questions:
        raise RequestError("questions must map names to questions, at least one, such as {'type': 'noul', ...}")
    for name, question in questions.items():
        _check_question(question, f"questions[{name!r}]")
    return make_outgoing(api.SYSTEMONE, arguments, model=check_model(model), state=state, questions=questions)


def signout(arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """POST /api/signout."""
    return get(as_progress(api.SIGNOUT), arguments)


def probe(arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """HEAD /, which is answered at once or not at all."""
    outgoing = get(as_progress(api.HEAD_ROOT), arguments)
    return evolve(outgoing, timeout=_PROBE_TIMEOUT) if outgoing.timeout is None else outgoing


def web_search(query: str, max_results: int | None, arguments: Arguments) -> Outgoing[models.WebSearchResponse]:
    """POST /api/web_search of the cloud."""
    check_not_empty("query", query)
    return evolve(make_outgoing(api.WEB_SEARCH, arguments, query=query, max_results=max_results), cloud=True)


def web_fetch(url: str, arguments: Arguments) -> Outgoing[models.WebFetchResponse]:
    """POST /api/web_fetch of the cloud."""
    check_not_empty("url", url)
    return evolve(make_outgoing(api.WEB_FETCH, arguments, url=url), cloud=True)


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
    """Return the form that a caller wants an answer to have.

    Raises:
        RequestError: It is neither "json", nor a JSON schema, nor a type that one can be made of.
    """
    if format is None:
        return None
    from ollama_sdk.overlay._formats.formats import resolve_format

    return resolve_format(format)
