"""The settings of a run, checked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import frozen

from ollama_sdk.overlay import AsyncOllama, RequestError
from ollama_sdk.overlay.batch._hosts import Hosts
from ollama_sdk.overlay.batch._models import IfMissing
from ollama_sdk.overlay.batch._servers import Host, check_whole
from ollama_sdk.overlay.batch._shards import Shards

if TYPE_CHECKING:
    from ollama_sdk.overlay.batch._progress import Progress


class Arguments(TypedDict, total=False):
    """The keyword arguments of `run` and `map`."""

    hosts: str | AsyncOllama | Host | Iterable[str | AsyncOllama | Host] | Hosts | None
    """URLs, clients, `Host`s with a concurrency of their own, or `Hosts` that others use too; by default OLLAMA_HOST.
    Clients and `Hosts` stay yours to close."""
    concurrency: int
    """How many rows a host works at, at the same time; by default 4."""
    id: str | Callable[[Any], object] | None
    """The field of an item that has its id, or a function from the item to it. By default the id is a hash of the
    request when there is a checkpoint, else the index."""
    ordered: bool
    """Whether results come in the order of the items, rather than as rows end."""
    max_attempts: int
    """How often a row is sent at most; by default 5."""
    deadline: float | None
    """Seconds after which the run ends with OllamaTimeoutError."""
    outage: float
    """Seconds without an answer of any host after which the run ends with ConnectError; by default 300."""
    if_missing: IfMissing
    """What to do when a host lacks the model that rows ask for: "error" (the default) ends the run before the first
    row, "pull" pulls it, "skip" leaves the host out."""
    checkpoint: str | PathLike[str] | None
    """A file of finished rows. A later run with the same file gives these from there, and does the others. Or a folder,
    for many processes: each writes a file of its own there, and goes by those of all."""
    job: str | None
    """The name of the job in the checkpoint; by default made of the request, or that of the function."""
    vectors: str | PathLike[str] | None
    """A file of numpy (.npy) for the vectors of `embed`, one of each row; the values are then views of it."""
    total: int | None
    """How many items there are, for progress and `vectors`; by default their `len()`, if they have one."""
    progress: bool | Callable[[Progress], object] | None
    """True to draw a bar, which needs the extra `progress`; or a function that is called with the `Progress` after each
    row. What it raises ends the run."""


def _check_positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= sys.float_info.max:
        raise RequestError(f"{name} must be a positive number of seconds, not {value!r}")


@frozen(kw_only=True)
class Settings:
    """The arguments of a run, with their defaults."""

    hosts: Any = None
    concurrency: int = 4
    id: str | Callable[[Any], object] | None = None
    ordered: bool = False
    max_attempts: int = 5
    deadline: float | None = None
    outage: float = 300.0
    if_missing: IfMissing = "error"
    checkpoint: str | PathLike[str] | Shards | None = None
    job: str | None = None
    vectors: str | PathLike[str] | None = None
    total: int | None = None
    progress: bool | Callable[[Progress], object] | None = None

    def __attrs_post_init__(self) -> None:
        """Check the values.

        Raises:
            RequestError: One cannot be used.
        """
        check_whole("max_attempts", self.max_attempts)
        if self.total is not None:
            check_whole("total", self.total, 0)
        if self.deadline is not None:
            _check_positive("deadline", self.deadline)
        _check_positive("outage", self.outage)
        if not isinstance(self.if_missing, str) or self.if_missing not in ("error", "pull", "skip"):
            raise RequestError(f"if_missing must be 'error', 'pull' or 'skip', not {self.if_missing!r}")
        if not isinstance(self.ordered, bool):
            raise RequestError(f"ordered must be True or False, not {type(self.ordered).__name__}")
        if self.job is not None and not isinstance(self.job, str):
            raise RequestError(f"job must be the name of the job, not {type(self.job).__name__}")
        self._check_files()
        if self.id is not None and not isinstance(self.id, str) and not callable(self.id):
            raise RequestError(f"id must be the name of a field or a function, not {type(self.id).__name__}")
        if self.progress is not None and not isinstance(self.progress, bool) and not callable(self.progress):
            raise RequestError(f"progress must be True or a function, not {type(self.progress).__name__}")

    def _check_files(self) -> None:
        files = []
        for name in ("checkpoint", "vectors"):
            value = getattr(self, name)
            if value is None or isinstance(value, Shards):
                continue
            try:
                files.append(Path(value).resolve())
            except (TypeError, ValueError, OSError, RuntimeError) as error:  # RuntimeError of a circle of links
                raise RequestError(f"{name} must be the path of a file, not {value!r}: {error}") from error
        if len(files) == 2 and files[0] == files[1]:
            raise RequestError("vectors and checkpoint must be two files")
