"""Results as lines of a checkpoint, and such lines as results again."""

from __future__ import annotations

from typing import Any

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import DecodeError, OllamaError, ResponseError
from ollama_sdk.overlay.batch._results import CheckpointError, Result, RowError, is_final
from ollama_sdk.overlay.batch._rows import Row
from ollama_sdk.overlay.batch._vectors import Vectors
from ollama_sdk.overlay.batch._work import Answer

_FIGURES = ("host", "attempts", "seconds", "prompt_tokens", "tokens")


def result_of(row: Row, outcome: Answer | OllamaError, host: str | None, seconds: float) -> Result[Any, Any]:
    figures: dict[str, Any] = {"host": host, "attempts": row.attempts, "seconds": round(seconds, 6)}
    if isinstance(outcome, OllamaError):
        return Result(row.id, row.index, row.item, error=outcome, **figures)
    figures |= {"prompt_tokens": outcome.prompt_tokens, "tokens": outcome.tokens}
    return Result(row.id, row.index, row.item, outcome.value, response=outcome.response, **figures)


def line_of(row: Row, outcome: Answer | OllamaError, result: Result[Any, Any]) -> dict[str, Any] | None:
    """The line of the checkpoint for a result; None when a later run is to try the row again."""
    kept: dict[str, Any]
    if isinstance(outcome, Answer):
        kept = {"value": outcome.written}
    elif row.has_own_id and is_final(outcome):
        kept = {"error": {"type": type(outcome).__name__, "message": str(outcome)}}
        if isinstance(outcome, ResponseError):
            kept["error"]["status"] = outcome.status_code
    else:
        return None
    figures = {name: getattr(result, name) for name in _FIGURES}
    return {"id": row.id, "index": row.index, **kept, **figures, "request": row.digest}


async def restored(row: Row, vectors: Vectors | None) -> Result[Any, Any]:
    """The result of a row that an earlier run finished.

    Raises:
        CheckpointError: What was kept does not fit any more, or was damaged.
    """
    line = row.stored or {}
    value = error = None
    try:
        if "error" in line:
            error = _error(line["error"])
        elif vectors is not None:
            if line["index"] != row.index:
                raise CheckpointError(f"row {row.index} was row {line['index']} when its vector got its place")
            value = vectors.get(row.index)
        elif row.call is not None:
            value = await row.call.restored(line["value"])
    except DecodeError as failure:
        raise CheckpointError(
            f"the checkpoint has an answer to row {row.index} that does not fit any more: {failure}"
        ) from failure
    except (KeyError, TypeError, AttributeError) as failure:
        raise CheckpointError(
            f"the line of row {row.index} in the checkpoint, whose id is {row.id!r}, is damaged: remove it"
        ) from failure
    figures = {name: line[name] for name in _FIGURES if name in line}
    return Result(row.id, row.index, row.item, value, error, restored=True, **figures)


def _error(fields: dict[str, Any]) -> OllamaError:
    if "status" not in fields:
        return RowError(fields["message"])  # see `is_final`
    kind: type[ResponseError] = getattr(sdk, fields["type"], ResponseError)
    return kind(fields["message"], status_code=fields["status"], error=fields["message"])
