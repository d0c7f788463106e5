"""Translate the fields of requests and answers into the attributes of the conventions."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.util.genai.invocation import EmbeddingInvocation, InferenceInvocation
from opentelemetry.util.genai.types import (
    BlobPart,
    FunctionToolDefinition,
    InputMessage,
    MessagePart,
    OutputMessage,
    ReasoningPart,
    TextPart,
    ToolCallRequestPart,
    ToolCallResponsePart,
)

from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
from ollama_sdk.overlay._embeddings.vectors_text import TextPart as VectorsTextPart

_OPTIONS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "num_predict": "max_tokens",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
"""Options of Ollama that the conventions know, with their names in the conventions."""


def read_request(invocation: InferenceInvocation | EmbeddingInvocation, fields: Mapping[str, Any]) -> None:
    """Set the attributes of the request, from its decoded body."""
    if isinstance(invocation, EmbeddingInvocation):
        return
    options = fields.get("options") or {}
    for name, known in _OPTIONS.items():
        if isinstance(value := options.get(name), int | float):
            setattr(invocation, known, value)
    if stop := options.get("stop"):
        invocation.stop_sequences = [stop] if isinstance(stop, str) else stop
    if fields.get("format"):
        invocation.output_type = "json"
    if fields.get("stream"):
        invocation.request_stream = True
    if invocation.should_capture_content:
        prompt: list[dict[str, Any]] = [
            {"role": "user", "content": fields.get("prompt"), "images": fields.get("images")}
        ]
        invocation.input_messages = [
            InputMessage(message.get("role", ""), _parts(message)) for message in fields.get("messages") or prompt
        ]
        invocation.system_instruction = [TextPart(fields["system"])] if fields.get("system") else []
        invocation.tool_definitions = [_definition(tool) for tool in fields.get("tools") or ()] or None


def read_answer(invocation: InferenceInvocation | EmbeddingInvocation, answer: Any) -> None:
    """Set the attributes of the answer, from its model or JSON object; part of an answer is enough."""
    invocation.response_model_name = answer.get("model")
    invocation.input_tokens = answer.get("prompt_eval_count")
    if isinstance(invocation, EmbeddingInvocation):
        invocation.dimension_count = _dimensions(answer)
        return
    invocation.output_tokens = answer.get("eval_count")
    if reason := answer.get("done_reason"):
        invocation.finish_reasons = [reason]
    if invocation.should_capture_content:
        fields = answer if isinstance(answer, dict) else answer.to_dict()
        message = fields.get("message") or {"content": fields.get("response"), "thinking": fields.get("thinking")}
        invocation.output_messages = [OutputMessage("assistant", _parts(message))]


def _parts(message: Mapping[str, Any]) -> list[MessagePart]:
    content = message.get("content")
    if message.get("role") == "tool":
        return [ToolCallResponsePart(content, message.get("tool_call_id"))]
    parts: list[MessagePart] = []
    if message.get("thinking"):
        parts.append(ReasoningPart(message["thinking"]))
    if content:
        parts.append(TextPart(content))
    parts += [BlobPart(None, "image", b64decode(image)) for image in message.get("images") or ()]
    for call in message.get("tool_calls") or ():
        function = (call or {}).get("function") or {}
        parts.append(ToolCallRequestPart(function.get("arguments"), function.get("name", ""), call.get("id")))
    return parts


def _definition(tool: Mapping[str, Any]) -> FunctionToolDefinition:
    function = tool.get("function") or {}
    return FunctionToolDefinition(function.get("name", ""), function.get("description"), function.get("parameters"))


def _dimensions(answer: Any) -> int | None:
    """Return the length of the first vector, without decoding the others."""
    if isinstance(answer, VectorsResponse):
        first = answer._parts()[0]
        if isinstance(first, VectorsTextPart):
            vector = first.body[first.start : first.body.find(b"]", first.start)]
            return vector.count(b",") + 1 if vector.strip(b"[ \n") else None
        vectors = first
    else:
        vectors = answer.get("embeddings") or [answer.get("embedding")]
    return len(vectors[0]) if vectors and vectors[0] else None
