"""The model GenerateResponse, compiled from the API description."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, ClassVar

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model
from ..types import per_second as _per_second
from ..types import timedelta as _timedelta

if TYPE_CHECKING:
    from .debug_info import DebugInfo
    from .done_reason import DoneReason
    from .logprob import Logprob
    from .tool_call import ToolCall


@_model
class GenerateResponse(_Model):
    """One piece of a generated text, or all of it without streaming. The piece that has done set to true is the last.

    Attributes:
        model: Name of the model, as it was asked for.
        created_at: When the piece was made, in UTC, with up to nine fractional digits.
        response: The new text, possibly empty; the whole text without streaming.
        done: Whether this is the last piece.
        remote_model: Name of the model on the machine that really answered; only for remote and cloud models.
        remote_host: Address of the machine that really answered; only for remote and cloud models.
        thinking: Reasoning that came before the text; absent when there is none.
        tool_calls: Functions the model wants to have called; absent when there are none.
        done_reason: Why the answer ended; on the last piece only, and it may be absent.
        context: Token ids of the conversation so far, for the context field of a further call; last piece only,
            and not in raw mode.
        total_duration: Nanoseconds from the arrival of the request to the end of the answer; last piece only,
            left out when zero.
        load_duration: Nanoseconds of the total that went into loading the model; last piece only, left out when
            zero.
        prompt_eval_count: Number of prompt tokens; last piece only, left out when zero.
        prompt_eval_duration: Nanoseconds spent on evaluating the prompt; last piece only, left out when zero.
        eval_count: Number of generated tokens; last piece only, left out when zero.
        eval_duration: Nanoseconds spent on generating the tokens; last piece only, left out when zero.
        logprobs: Log probabilities of the tokens of this piece, or of the whole answer without streaming; absent
            when there are none.
        field_debug_info: The rendered prompt; only when _debug_render_only was set.
        image: The picture made, in the last piece. Part of the experimental image generation, which servers had
            from 0.14.3 until the middle of 2026.
        completed: Number of diffusion steps done. Part of the experimental image generation, which servers had
            from 0.14.3 until the middle of 2026.
        total: Number of diffusion steps in all. Part of the experimental image generation, which servers had from
            0.14.3 until the middle of 2026.
    """

    model: str
    """Name of the model, as it was asked for."""
    created_at: datetime.datetime = _field(metadata={"kind": "datetime"})
    """When the piece was made, in UTC, with up to nine fractional digits."""
    response: str
    """The new text, possibly empty; the whole text without streaming."""
    done: bool
    """Whether this is the last piece."""
    remote_model: str | None = None
    """Name of the model on the machine that really answered; only for remote and cloud models."""
    remote_host: str | None = None
    """Address of the machine that really answered; only for remote and cloud models."""
    thinking: str | None = None
    """Reasoning that came before the text; absent when there is none."""
    tool_calls: list[ToolCall] | None = _field(default=None, metadata={"kind": "models", "model": "ToolCall"})
    """Functions the model wants to have called; absent when there are none."""
    done_reason: DoneReason | str | None = None
    """Why the answer ended; on the last piece only, and it may be absent."""
    context: list[int] | None = None
    """Token ids of the conversation so far, for the context field of a further call; last piece only, and not in raw
    mode."""
    total_duration: int | None = None
    """Nanoseconds from the arrival of the request to the end of the answer; last piece only, left out when zero."""
    load_duration: int | None = None
    """Nanoseconds of the total that went into loading the model; last piece only, left out when zero."""
    prompt_eval_count: int | None = None
    """Number of prompt tokens; last piece only, left out when zero."""
    prompt_eval_duration: int | None = None
    """Nanoseconds spent on evaluating the prompt; last piece only, left out when zero."""
    eval_count: int | None = None
    """Number of generated tokens; last piece only, left out when zero."""
    eval_duration: int | None = None
    """Nanoseconds spent on generating the tokens; last piece only, left out when zero."""
    logprobs: list[Logprob] | None = _field(default=None, metadata={"kind": "models", "model": "Logprob"})
    """Log probabilities of the tokens of this piece, or of the whole answer without streaming; absent when there are
    none."""
    field_debug_info: DebugInfo | None = _field(
        default=None, metadata={"wire": "_debug_info", "kind": "model", "model": "DebugInfo"}
    )
    """The rendered prompt; only when _debug_render_only was set."""
    image: str | None = None
    """The picture made, in the last piece. Part of the experimental image generation, which servers had from 0.14.3
    until the middle of 2026."""
    completed: int | None = None
    """Number of diffusion steps done. Part of the experimental image generation, which servers had from 0.14.3 until
    the middle of 2026."""
    total: int | None = None
    """Number of diffusion steps in all. Part of the experimental image generation, which servers had from 0.14.3 until
    the middle of 2026."""
    _stream_end: ClassVar[tuple[str, object] | None] = ("done", True)
    _stream_join: ClassVar[frozenset[str]] = frozenset(["response", "thinking"])

    @property
    def total_time(self) -> datetime.timedelta | None:
        """`total_duration` as a timedelta, which counts microseconds; None when not set."""
        return _timedelta(self.total_duration)

    @property
    def load_time(self) -> datetime.timedelta | None:
        """`load_duration` as a timedelta, which counts microseconds; None when not set."""
        return _timedelta(self.load_duration)

    @property
    def prompt_eval_time(self) -> datetime.timedelta | None:
        """`prompt_eval_duration` as a timedelta, which counts microseconds; None when not set."""
        return _timedelta(self.prompt_eval_duration)

    @property
    def eval_time(self) -> datetime.timedelta | None:
        """`eval_duration` as a timedelta, which counts microseconds; None when not set."""
        return _timedelta(self.eval_duration)

    @property
    def tokens_per_second(self) -> float | None:
        """`eval_count` by `eval_duration`, as a number per second; None when that cannot be told."""
        return _per_second(self.eval_count, self.eval_duration)

    @property
    def prompt_tokens_per_second(self) -> float | None:
        """`prompt_eval_count` by `prompt_eval_duration`, as a number per second; None when that cannot be told."""
        return _per_second(self.prompt_eval_count, self.prompt_eval_duration)
