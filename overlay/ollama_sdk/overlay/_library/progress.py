"""Progress of pull, push, create, uploads and embeddings: bytes by layer and in all, rate, time left, and a bar."""

from __future__ import annotations

import inspect
import math
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TextIO

from attrs import define, evolve

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._library.progress_bar import Bar

_SMOOTHING = 5.0
"""Seconds after which the weight of a measurement is 1/e."""


@define
class Layer:
    """One part of a job, such as a file that is downloaded or uploaded.

    Attributes:
        name: Its digest, or the status text of work that belongs to no single file.
        status: Its last status text.
        total: Its size in bytes; None when it was never reported.
        completed: Bytes done.
        is_complete: Whether it is done.
    """

    __module__ = "ollama_sdk.overlay"

    name: str
    status: str = ""
    total: int | None = None
    completed: int = 0
    is_complete: bool = False


class Progress:
    """Adds up the lines of a pull, push or create, or the progress of uploads. Safe to share between threads.

    The server often goes on before it has reported the last bytes of a layer, so a layer counts as complete when a
    line about something else follows it.

    Args:
        bar: Whether to draw a bar with tqdm, in a terminal or notebook.
        title: The text of the bar in front of the status.
        on_change: Called with this object after each report, in the thread of the report, by one thread at a time.
        clock: Returns the time in seconds.
        file: The file that the bar is drawn to; by default standard error.
        unit: What the bar counts.

    Raises:
        ImportError: A bar is wanted and tqdm is missing.

    Example:
        >>> progress = Progress()
        >>> progress.update({"status": "pulling a", "digest": "sha256:a", "total": 400, "completed": 100})
        >>> progress.completed, progress.total, progress.fraction, progress.status
        (100, 400, 0.25, 'pulling a')
        >>> progress.update({"status": "success"})
        >>> progress.completed, progress.is_complete
        (400, True)
    """

    __module__ = "ollama_sdk.overlay"

    def __init__(
        self,
        *,
        bar: bool = False,
        title: str = "",
        on_change: Callable[[Progress], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        file: TextIO | None = None,
        unit: str = "B",
    ) -> None:
        self._bar = Bar(title, file, unit) if bar else None
        self._unit = " bytes" if unit == "B" else unit
        self._on_change = on_change
        self._reporting = threading.RLock()  # the function may cause a report itself, such as by an abort
        self._clock = clock
        self._lock = threading.Lock()
        self._layers: dict[str, Layer] = {}
        self._current: Layer | None = None
        self._status = ""
        self._is_complete = False
        # The rate is the quotient of these, which are sums with weights that decay.
        self._bytes = 0.0
        self._seconds = 0.0
        self._measured_at: float | None = None
        self._changed_at = clock()

    def __repr__(self) -> str:
        return f"Progress({self.status!r}, {self.completed} of {self.total}{self._unit})"

    def __getstate__(self) -> dict[str, Any]:
        """Return the figures as they are now, for copies and for other processes: without bar, function and clock."""
        now = partial(float, self._clock())
        nothing = dict.fromkeys(("_bar", "_on_change", "_current", "_lock", "_reporting"))
        return {**vars(self), **nothing, "_layers": self.layers, "_clock": now}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock(), _reporting=threading.RLock())

    @property
    def status(self) -> str:
        """The last status text of the server; "success" at the end."""
        return self._status

    @property
    def layers(self) -> dict[str, Layer]:
        """Copies of the layers so far, by name, in the order in which they were first reported."""
        with self._lock:
            return {name: evolve(layer) for name, layer in self._layers.items()}

    @property
    def total(self) -> int:
        """Size of all layers so far, in bytes; it grows, as the server reports a layer when work on it begins."""
        with self._lock:
            return sum(layer.total or 0 for layer in self._layers.values())

    @property
    def completed(self) -> int:
        """Bytes done, of all layers so far."""
        with self._lock:
            return sum(layer.completed for layer in self._layers.values())

    @property
    def fraction(self) -> float:
        """Share of the bytes that is done, 0 to 1."""
        total = self.total
        return min(self.completed / total, 1.0) if total else float(self._is_complete)

    @property
    def rate(self) -> float | None:
        """Bytes per second over the last seconds, falling while no reports come; None before the second report."""
        with self._lock:
            if self._measured_at is None or self._seconds <= 0:
                return None
            idle = 0.0 if self._is_complete else max(self._clock() - self._measured_at, 0.0)
            return self._bytes / (self._seconds + idle)

    @property
    def eta(self) -> float | None:
        """Estimated seconds until the layers so far are complete; None when the rate is not known."""
        if self._is_complete:
            return 0.0
        left = self.total - self.completed
        rate = self.rate
        return left / rate if rate and left >= 0 else None

    @property
    def is_complete(self) -> bool:
        """Whether the server has reported success, or `finish` was called."""
        return self._is_complete

    @property
    def idle(self) -> float:
        """Seconds since a figure or the status last changed: the server repeats its lines while it waits."""
        return max(self._clock() - self._changed_at, 0.0)

    def update(self, line: Mapping[str, Any] | Model) -> None:
        """Add the next line of a pull, push or create.

        Args:
            line: A ProgressResponse, or the decoded line.
        """
        status = line.get("status")
        status = status if isinstance(status, str) else ""
        digest = line.get("digest")
        with self._lock:
            if status == "success":
                self._finish(status)
            elif isinstance(digest, str) and digest:
                # The server uses a digest of zeros for several parts of the job, with different status texts.
                name = digest if digest.strip("0") else status
                self._move_on(self._layers.get(name))
                self._report(name, status, _count(line.get("total")), _count(line.get("completed")) or 0)
            else:
                self._move_on(None)
                self._set_status(status)
        self._report_change()

    def report(self, name: str, *, completed: int, total: int, status: str = "") -> None:
        """Add the progress of one of several layers that are worked on at the same time, such as uploads.

        Args:
            name: The digest of the layer.
            completed: Bytes done.
            total: The size of the layer in bytes.
            status: The new status text.
        """
        with self._lock:
            self._report(name, status, total, completed)
        self._report_change()

    def announce(self, status: str) -> None:
        """Set the status text; the layers stay as they are."""
        with self._lock:
            self._set_status(status)
        self._report_change()

    def finish(self) -> None:
        """Mark all work as done, when no line of the server reports the end."""
        with self._lock:
            self._finish(self._status)
        self._report_change()

    def close(self) -> None:
        """Close the bar, if there is one; call it on failures too. The figures stay."""
        if self._bar is not None:
            self._bar.close()

    def _report(self, name: str, status: str, total: int | None, completed: int) -> None:
        is_new = name not in self._layers
        self._current = layer = self._layers.setdefault(name, Layer(name))
        if total is not None:
            layer.total = total
        if layer.total is not None:
            completed = min(completed, layer.total)
        # The first count of a layer was there before, or came in a time that was not measured.
        self._measure(0 if is_new else completed - layer.completed)
        if is_new or completed != layer.completed:
            self._changed_at = self._clock()
        layer.status = status
        layer.completed = completed
        layer.is_complete = layer.total is not None and completed >= layer.total
        self._set_status(status)

    def _move_on(self, following: Layer | None) -> None:
        """Complete the current layer, unless the next line is about it."""
        layer = self._current
        if layer is not None and layer is not following:
            self._complete(layer)
            self._current = None

    def _complete(self, layer: Layer) -> None:
        if layer.total is not None and layer.completed < layer.total:
            self._measure(layer.total - layer.completed)
            layer.completed = layer.total
        layer.is_complete = True

    def _finish(self, status: str) -> None:
        for layer in self._layers.values():
            self._complete(layer)
        self._current = None
        self._set_status(status)
        self._is_complete = True

    def _set_status(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._changed_at = self._clock()

    def _measure(self, count: int) -> None:
        now = self._clock()
        if self._measured_at is not None:
            seconds = max(now - self._measured_at, 0.0)
            weight = math.exp(-seconds / _SMOOTHING)
            # The count falls when the server fetches a part again; the rate must not be negative.
            self._bytes = self._bytes * weight + max(count, 0)
            self._seconds = self._seconds * weight + seconds
        self._measured_at = now

    def _report_change(self) -> None:
        if self._bar is not None:
            self._bar.draw(self.status, self.completed, self.total, is_over=self._is_complete)
        if self._on_change is not None:
            with self._reporting:
                self._on_change(self)


def make_progress(wanted: object, title: str, unit: str = "B") -> Progress:
    """Return the Progress for the argument `progress`: True (a bar), a function, False or None; else RequestError."""
    if wanted is None or isinstance(wanted, bool):
        return Progress(bar=bool(wanted), title=title, unit=unit)
    if not callable(wanted):
        raise RequestError(f"progress must be True, or a function that takes a Progress, not {type(wanted).__name__}")
    if inspect.iscoroutinefunction(wanted):
        raise RequestError("progress must be a plain function, with AsyncOllama too; nobody would await an async one")
    return Progress(on_change=wanted, unit=unit)


def _count(value: object) -> int | None:
    """Return a number of bytes; None for anything else, such as a number beyond 64 bits."""
    return value if type(value) is int and 0 <= value < 1 << 63 else None
