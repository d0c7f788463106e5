"""Messages and the answers of chat and generate."""

# pyright: reportIncompatibleVariableOverride=false
# Fields are narrowed to the classes of this room, which is what they read as.

from __future__ import annotations

from typing import Any

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.image import Image


class Message(
    SubscriptableBaseModel,
    models.Message,
    fields="role content thinking images tool_name tool_calls",
    required="role",
    kinds={"images": "images"},
):
    """One message of a conversation, or, in a stream, one piece of it."""

    class ToolCall(SubscriptableBaseModel, models.ToolCall, fields="function", required="function"):
        """The model's wish to have one function called."""

        class Function(
            SubscriptableBaseModel, models.ToolCallFunction, fields="name arguments", required="name arguments"
        ):
            """The function that is to be called, and with what arguments."""

            arguments: dict[str, Any]

        function: Function

    images: list[Image] | None  # type: ignore[assignment]  # each is an Image when it is read
    tool_calls: list[ToolCall] | None  # type: ignore[assignment]  # of the class that is here


class TokenLogprob(SubscriptableBaseModel, models.TokenLogprob, fields="token logprob", required="token logprob"):
    """A token and its log probability."""


class Logprob(SubscriptableBaseModel, models.Logprob, fields="token logprob top_logprobs", required="token logprob"):
    """A token of the answer, its log probability, and the tokens that were likely in its place."""

    top_logprobs: list[TokenLogprob] | None  # type: ignore[assignment]  # of the class that is here


class BaseGenerateResponse(
    SubscriptableBaseModel,
    fields="model created_at done done_reason total_duration load_duration prompt_eval_count prompt_eval_duration "
    "eval_count eval_duration",
    kinds={"created_at": "raw"},
):
    """What the answers of chat, generate and embed have in common."""


class GenerateResponse(
    BaseGenerateResponse,
    models.GenerateResponse,
    fields="response thinking context logprobs image completed total",
):
    """One piece of a generated text, or all of it without streaming."""

    created_at: str | None  # type: ignore[assignment]  # the text of the wire
    logprobs: list[Logprob] | None  # type: ignore[assignment]  # of the class that is here


class ChatResponse(BaseGenerateResponse, models.ChatResponse, fields="message logprobs", required="message"):
    """One piece of a chat answer, or all of it without streaming."""

    created_at: str | None  # type: ignore[assignment]  # the text of the wire
    message: Message
    logprobs: list[Logprob] | None  # type: ignore[assignment]  # of the class that is here
