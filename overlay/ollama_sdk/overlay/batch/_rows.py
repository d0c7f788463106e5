"""Turn the items of a run into rows: the call, the id, and the result of an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from ollama_sdk.overlay import OllamaError
from ollama_sdk.overlay.batch._checkpoint import Checkpoint
from ollama_sdk.overlay.batch._items import Items
from ollama_sdk.overlay.batch._results import CheckpointError, RowError
from ollama_sdk.overlay.batch._servers import Server
from ollama_sdk.overlay.batch._templates import fields_of_item, without_numpy
from ollama_sdk.overlay.batch._work import Call, Work, work_error


@define(eq=False)
class Row:
    """A row that has not been given to the caller.

    Attributes:
        index: Its number, from 0.
        item: What it is made from.
        id: Its id.
        call: Its call; None when none could be made.
        digest: A hash of what is asked, or of the item.
        error: Why there is no call, or no id.
        has_own_id: Whether its id is that of no other row, so that it can be kept.
        stored: The line of the checkpoint that tells what an earlier run made of it.
        attempts: How often it was sent.
        avoid: The host that failed last with it.
    """

    index: int
    item: Any
    id: str = ""
    call: Call | None = None
    digest: str | None = None
    error: OllamaError | None = None
    has_own_id: bool = True
    stored: dict[str, Any] | None = None
    attempts: int = 0
    avoid: Server | None = None

    @property
    def model(self) -> str | None:
        """The model that it asks for, when that is known."""
        return None if self.call is None else self.call.model


@define(eq=False)
class Rows:
    """The rows of a run, read one at a time.

    Attributes:
        items: What reads the items.
        work: What is to be done.
        id: See `Arguments`.
        checkpoint: The rows that earlier runs have finished.
    """

    items: Items
    _work: Work
    _id: str | Callable[[Any], object] | None
    _checkpoint: Checkpoint | None
    _seen: dict[str, int] = field(factory=dict, init=False)

    def next(self) -> Row | None:
        """The next row; None when there is none, or none yet.

        Raises:
            CheckpointError: It cannot be told from others, or the checkpoint has its id with another request.
        """
        read = self.items.next()
        if read is None:
            return None
        row = Row(*read)
        try:
            row.call = self._work.call(row.item)
            if self._checkpoint is not None:
                row.digest = row.call.digest()
        except CheckpointError:
            raise
        except Exception as error:
            row.error = _error_of(error)
        try:
            nothing_to_hash = None if row.error is None else f"row-{row.index}"
            row.id = self._id_of(row.index, row.item, row.digest or nothing_to_hash)
        except CheckpointError:
            raise
        except Exception as error:
            row.error = row.error or _error_of(error)
            row.id, row.has_own_id = f"row-{row.index}", False
            return row
        stored = None if self._checkpoint is None else self._checkpoint.find(row.id)
        if stored is not None and stored.get("request") == row.digest:
            row.stored = stored
        elif stored is not None and "error" not in stored:
            raise CheckpointError(
                f"row {row.index} has the id {row.id!r}, and under that the checkpoint has another request: name "
                "another file, or delete that one to begin anew"
            )
        return row

    def _id_of(self, index: int, item: Any, digest: str | None) -> str:
        """The id of a row: what is given, a hash of what is asked, as a checkpoint needs it, or the index.

        Raises:
            RowError: What is given is no id, or another row has it.
            WorkError: The function failed.
            CheckpointError: No id can be made of the item.
        """
        if self._id is None and self._checkpoint is None:
            return str(index)
        if self._id is None:
            if digest is None:
                raise CheckpointError(f"an item of {type(item).__name__} has no JSON form: give id=, a function of it")
            # Two rows with the same request stay two rows.
            number = self._seen[digest] = self._seen.get(digest, 0) + 1
            return digest if number == 1 else f"{digest}-{number}"
        given = without_numpy(self._given_to(item))
        if isinstance(given, bool) or not isinstance(given, str | int):
            raise RowError(f"an id must be text or a whole number, not {given!r}")
        id = str(given)
        if id in self._seen:
            raise RowError(f"the id {id!r} is that of row {self._seen[id]}, too")
        self._seen[id] = index
        return id

    def _given_to(self, item: Any) -> object:
        if not isinstance(self._id, str):
            assert self._id is not None
            try:
                return self._id(item)
            except Exception as error:
                raise work_error(error) from error
        fields = fields_of_item(item) or {}
        if self._id not in fields:
            raise RowError(f"the row has no field {self._id!r}, which is to be its id")
        return fields[self._id]


def _error_of(error: Exception) -> OllamaError:
    """The error of a row whose item is no common object: it contains itself, has no text, raises when it is read."""
    if isinstance(error, OllamaError):
        return error
    failure = RowError(f"the row cannot become a request: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
