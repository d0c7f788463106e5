"""The model ChatRequest, compiled from the API description."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .json_format import JsonFormat
    from .json_schema import JsonSchema
    from .message import Message
    from .options import Options
    from .think_level import ThinkLevel
    from .tool import Tool


@_model
class ChatRequest(_Model):
    """A conversation for which the model writes the next message.

    Attributes:
        model: Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that
            ends in :cloud or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty
            name is a 400.
        messages: The conversation so far, oldest message first. Empty or null only loads the model, or unloads it
            when keep_alive is 0.
        tools: Functions the model may ask to have called; the model needs the tools capability.
        format_: Form the answer must have: the word json for any JSON, or a JSON schema. Unset or the empty text
            means plain text; other values are a server error.
        stream: Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true;
            false gives one JSON object at the end.
        field_debug_render_only: Debugging aid of the server: true answers with the rendered prompt in _debug_info
            and generates nothing. The answer is one plain JSON object even when streaming was asked for.
        keep_alive: How long the model stays loaded after this call; unset takes the server's default. A number
            counts seconds and may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of
            text without a unit only 0 is understood, anything else is a 400. Zero unloads at once, a negative value
            means for ever.
        options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the
            server. Null means none.
        think: Whether the model reasons before it answers, or how hard: true, false, or a level such as high.
            Unset means on for a model that can think; true is a 400 for one that cannot, and so is any other text or
            a number.
        truncate: Whether whole older messages are left out of a prompt that does not fit the context; the last
            message and the system message stay as they are. The default is true; false makes such a prompt a 400.
        shift: Whether older tokens are dropped when the context fills up while generating. The default is true;
            false ends the answer, and makes a prompt that is too long a 400 when truncate is left out. Another value
            than that of the call before loads the model anew.
        logprobs: Whether the log probability of each generated token is returned. The default is false.
        top_logprobs: How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The
            default is 0.
    """

    model: str
    """Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that ends in :cloud
    or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty name is a 400."""
    messages: list[Message] | None = _field(default=None, metadata={"kind": "models", "model": "Message"})
    """The conversation so far, oldest message first. Empty or null only loads the model, or unloads it when keep_alive
    is 0."""
    tools: list[Tool] | None = _field(default=None, metadata={"kind": "models", "model": "Tool"})
    """Functions the model may ask to have called; the model needs the tools capability."""
    format_: JsonFormat | JsonSchema | str | None = _field(default=None, metadata={"wire": "format"})
    """Form the answer must have: the word json for any JSON, or a JSON schema. Unset or the empty text means plain
    text; other values are a server error."""
    stream: bool | None = None
    """Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true; false gives one
    JSON object at the end."""
    field_debug_render_only: bool | None = _field(default=None, metadata={"wire": "_debug_render_only"})
    """Debugging aid of the server: true answers with the rendered prompt in _debug_info and generates nothing. The
    answer is one plain JSON object even when streaming was asked for."""
    keep_alive: float | str | None = None
    """How long the model stays loaded after this call; unset takes the server's default. A number counts seconds and
    may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of text without a unit only
    0 is understood, anything else is a 400. Zero unloads at once, a negative value means for ever."""
    options: None | Options = _field(default=None, metadata={"kind": "model", "model": "Options"})
    """Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server. Null means
    none."""
    think: bool | str | ThinkLevel | None = None
    """Whether the model reasons before it answers, or how hard: true, false, or a level such as high. Unset means on
    for a model that can think; true is a 400 for one that cannot, and so is any other text or a number."""
    truncate: bool | None = None
    """Whether whole older messages are left out of a prompt that does not fit the context; the last message and the
    system message stay as they are. The default is true; false makes such a prompt a 400."""
    shift: bool | None = None
    """Whether older tokens are dropped when the context fills up while generating. The default is true; false ends the
    answer, and makes a prompt that is too long a 400 when truncate is left out. Another value than that of the call
    before loads the model anew."""
    logprobs: bool | None = None
    """Whether the log probability of each generated token is returned. The default is false."""
    top_logprobs: int | None = None
    """How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The default is 0."""


class ChatRequestFields(TypedDict, total=False):
    """The fields of ChatRequest that are keyword arguments of their own; None means not given."""

    keep_alive: float | str | datetime.timedelta | None
    """How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or "1h30m". Zero unloads
    at once, a negative value means for ever; unset takes the server's default."""
    options: Options | Mapping[str, Any] | None
    """Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server. Null means
    none."""
    think: bool | ThinkLevel | str | None
    """Whether the model reasons before it answers, or how hard: true, false, or a level such as high. Unset means on
    for a model that can think; true is a 400 for one that cannot, and so is any other text or a number."""
    truncate: bool | None
    """Whether whole older messages are left out of a prompt that does not fit the context; the last message and the
    system message stay as they are. The default is true; false makes such a prompt a 400."""
    shift: bool | None
    """Whether older tokens are dropped when the context fills up while generating. The default is true; false ends the
    answer, and makes a prompt that is too long a 400 when truncate is left out. Another value than that of the call
    before loads the model anew."""
    logprobs: bool | None
    """Whether the log probability of each generated token is returned. The default is false."""
    top_logprobs: int | None
    """How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The default is 0."""
