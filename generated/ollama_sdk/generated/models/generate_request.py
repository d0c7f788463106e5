"""The model GenerateRequest, compiled from the API description."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .json_format import JsonFormat
    from .json_schema import JsonSchema
    from .options import Options
    from .think_level import ThinkLevel


@_model
class GenerateRequest(_Model):
    """A single prompt which the model continues or answers.

    Attributes:
        model: Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that
            ends in :cloud or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty
            name is a 404.
        prompt: Text to answer. Empty or unset only loads the model, or unloads it when keep_alive is 0.
        images: Pictures that belong to the prompt; the model needs the vision capability.
        format_: Form the answer must have: the word json for any JSON, or a JSON schema. Unset or the empty text
            means plain text; other values are a server error.
        stream: Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true;
            false gives one JSON object at the end.
        field_debug_render_only: Debugging aid of the server: true answers with the rendered prompt in _debug_info
            and generates nothing. The answer is one plain JSON object even when streaming was asked for.
        suffix: Text that follows the place to fill in; the model needs the insert capability.
        system: System prompt for this call, in place of the one stored with the model.
        template: Prompt template in Go template syntax for this call, in place of the model's own. Not allowed
            together with raw.
        context: Token ids from the context field of an earlier answer, to go on from there; chat is the better
            way. Deprecated.
        raw: Whether the prompt is given to the model as it is, without a template. A 400 together with system,
            template or context; the default is false.
        keep_alive: How long the model stays loaded after this call; unset takes the server's default. A number
            counts seconds and may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of
            text without a unit only 0 is understood, anything else is a 400. Zero unloads at once, a negative value
            means for ever.
        options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the
            server. Null means none.
        think: Whether the model reasons before it answers, or how hard: true, false, or a level such as high.
            Unset means on for a model that can think; true is a 400 for one that cannot, and so is any other text or
            a number.
        truncate: Whether a prompt that does not fit the context is shortened, by whole older messages only. The
            default is true; false makes such a prompt a 400.
        shift: Whether older tokens are dropped when the context fills up while generating. The default is true;
            false ends the answer, and makes a prompt that is too long a 400 when truncate is left out. Another value
            than that of the call before loads the model anew.
        logprobs: Whether the log probability of each generated token is returned. The default is false.
        top_logprobs: How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The
            default is 0.
        width: Width of the picture to make, in pixels. Part of the experimental image generation, which servers
            had from 0.14.3 until the middle of 2026.
        height: Height of the picture to make, in pixels. Part of the experimental image generation, which servers
            had from 0.14.3 until the middle of 2026.
        steps: Number of diffusion steps for the picture. Part of the experimental image generation, which servers
            had from 0.14.3 until the middle of 2026.
    """

    model: str
    """Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that ends in :cloud
    or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty name is a 404."""
    prompt: str | None = None
    """Text to answer. Empty or unset only loads the model, or unloads it when keep_alive is 0."""
    images: list[str | bytes | PathLike[str]] | None = None
    """Pictures that belong to the prompt; the model needs the vision capability."""
    format_: JsonFormat | JsonSchema | str | None = _field(default=None, metadata={"wire": "format"})
    """Form the answer must have: the word json for any JSON, or a JSON schema. Unset or the empty text means plain
    text; other values are a server error."""
    stream: bool | None = None
    """Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true; false gives one
    JSON object at the end."""
    field_debug_render_only: bool | None = _field(default=None, metadata={"wire": "_debug_render_only"})
    """Debugging aid of the server: true answers with the rendered prompt in _debug_info and generates nothing. The
    answer is one plain JSON object even when streaming was asked for."""
    suffix: str | None = None
    """Text that follows the place to fill in; the model needs the insert capability."""
    system: str | None = None
    """System prompt for this call, in place of the one stored with the model."""
    template: str | None = None
    """Prompt template in Go template syntax for this call, in place of the model's own. Not allowed together with raw."""
    context: list[int] | None = None
    """Token ids from the context field of an earlier answer, to go on from there; chat is the better way. Deprecated."""
    raw: bool | None = None
    """Whether the prompt is given to the model as it is, without a template. A 400 together with system, template or
    context; the default is false."""
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
    """Whether a prompt that does not fit the context is shortened, by whole older messages only. The default is true;
    false makes such a prompt a 400."""
    shift: bool | None = None
    """Whether older tokens are dropped when the context fills up while generating. The default is true; false ends the
    answer, and makes a prompt that is too long a 400 when truncate is left out. Another value than that of the call
    before loads the model anew."""
    logprobs: bool | None = None
    """Whether the log probability of each generated token is returned. The default is false."""
    top_logprobs: int | None = None
    """How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The default is 0."""
    width: int | None = None
    """Width of the picture to make, in pixels. Part of the experimental image generation, which servers had from
    0.14.3 until the middle of 2026."""
    height: int | None = None
    """Height of the picture to make, in pixels. Part of the experimental image generation, which servers had from
    0.14.3 until the middle of 2026."""
    steps: int | None = None
    """Number of diffusion steps for the picture. Part of the experimental image generation, which servers had from
    0.14.3 until the middle of 2026."""


class GenerateRequestFields(TypedDict, total=False):
    """The fields of GenerateRequest that are keyword arguments of their own; None means not given."""

    suffix: str | None
    """Text that follows the place to fill in; the model needs the insert capability."""
    system: str | None
    """System prompt for this call, in place of the one stored with the model."""
    template: str | None
    """Prompt template in Go template syntax for this call, in place of the model's own. Not allowed together with raw."""
    context: Sequence[int] | None
    """Token ids from the context field of an earlier answer, to go on from there; chat is the better way. Deprecated."""
    raw: bool | None
    """Whether the prompt is given to the model as it is, without a template. A 400 together with system, template or
    context; the default is false."""
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
    """Whether a prompt that does not fit the context is shortened, by whole older messages only. The default is true;
    false makes such a prompt a 400."""
    shift: bool | None
    """Whether older tokens are dropped when the context fills up while generating. The default is true; false ends the
    answer, and makes a prompt that is too long a 400 when truncate is left out. Another value than that of the call
    before loads the model anew."""
    logprobs: bool | None
    """Whether the log probability of each generated token is returned. The default is false."""
    top_logprobs: int | None
    """How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The default is 0."""
    width: int | None
    """Width of the picture to make, in pixels. Part of the experimental image generation, which servers had from
    0.14.3 until the middle of 2026."""
    height: int | None
    """Height of the picture to make, in pixels. Part of the experimental image generation, which servers had from
    0.14.3 until the middle of 2026."""
    steps: int | None
    """Number of diffusion steps for the picture. Part of the experimental image generation, which servers had from
    0.14.3 until the middle of 2026."""
