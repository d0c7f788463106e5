"""The model ChatResponse, compiled from the API description."""

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
    from .message import Message


@_model
class ChatResponse(_Model):
    """One piece of a chat answer, or all of it without streaming. The piece that has done set to true is the last.

    Attributes:
        model: Name of the model, as it was asked for.
        created_at: When the piece was made, in UTC, with up to nine fractional digits.
        message: The new part of the message, normally of the role assistant.
        done: Whether this is the last piece.
        remote_model: Name of the model on the machine that really answered; only for remote and cloud models.
        remote_host: Address of the machine that really answered; only for remote and cloud models.
        done_reason: Why the answer ended; on the last piece only, and it may be absent.
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
    """

    model: str
    """Name of the model, as it was asked for."""
    created_at: datetime.datetime = _field(metadata={"kind": "datetime"})
    """When the piece was made, in UTC, with up to nine fractional digits."""
    message: Message = _field(metadata={"kind": "model", "model": "Message"})
    """The new part of the message, normally of the role assistant."""
    done: bool
    """Whether this is the last piece."""
    remote_model: str | None = None
    """Name of the model on the machine that really answered; only for remote and cloud models."""
    remote_host: str | None = None
    """Address of the machine that really answered; only for remote and cloud models."""
    done_reason: DoneReason | str | None = None
    """Why the answer ended; on the last piece only, and it may be absent."""
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
    _stream_end: ClassVar[tuple[str, object] | None] = ("done", True)

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
