"""How far a run is, in figures, and as a bar of tqdm."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from attrs import frozen

from ollama_sdk.overlay._library.progress_bar import QuietFile, bar_class
from ollama_sdk.overlay.batch._results import Result

_REDRAW = 0.2  # seconds between two updates of the text beside the bar


@frozen
class Progress:
    """How far a run is.

    Attributes:
        total: How many rows there are; None when that is not known.
        rows: How many have ended, in this run or an earlier one.
        failed: How many of them failed.
        restored: How many of them were finished by an earlier run.
        prompt_tokens: Tokens that models read, in this run.
        tokens: Tokens that models wrote, in this run.
        seconds: Seconds since the run began.
        hosts: How many rows each host has answered, by its base URL.
        errors: How many rows failed with each kind of error, by its name.
    """

    total: int | None
    rows: int
    failed: int
    restored: int
    prompt_tokens: int
    tokens: int
    seconds: float
    hosts: Mapping[str, int]
    errors: Mapping[str, int]

    @property
    def rows_per_second(self) -> float:
        """Rows that ended in this run, a second."""
        return (self.rows - self.restored) / self.seconds if self.seconds else 0.0

    @property
    def tokens_per_second(self) -> float:
        """Tokens that models wrote, a second."""
        return self.tokens / self.seconds if self.seconds else 0.0


class Counts:
    """Counts the rows of a run, and reports the figures to a bar or a function.

    Args:
        total: How many rows there are, if known.
        report: True for a bar, or the function to call.
    """

    def __init__(self, total: int | None, report: bool | Callable[[Progress], object] | None) -> None:
        self._total = total
        self._report = report if callable(report) else None
        self._bar = _Bar(total) if report is True else None
        self._started = time.monotonic()
        self._ended: float | None = None
        self._rows = self._failed = self._restored = self._prompt_tokens = self._tokens = 0
        self._hosts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def start(self) -> None:
        self._started = time.monotonic()
        if self._bar is not None:
            self._bar.open()

    def add(self, result: Result[Any, Any]) -> None:
        self._rows += 1
        if result.error is not None:
            self._failed += 1
            self._errors[type(result.error).__name__] += 1
        if result.restored:
            self._restored += 1
        else:
            self._prompt_tokens += result.prompt_tokens
            self._tokens += result.tokens
            if result.host is not None and result.error is None:
                self._hosts[result.host] += 1
        if self._report is not None:
            self._report(self.progress())
        if self._bar is not None:
            self._bar.draw(self._beside)

    def progress(self) -> Progress:
        return Progress(
            total=self._total,
            rows=self._rows,
            failed=self._failed,
            restored=self._restored,
            prompt_tokens=self._prompt_tokens,
            tokens=self._tokens,
            seconds=(self._ended or time.monotonic()) - self._started,
            hosts=dict(self._hosts),
            errors=dict(self._errors),
        )

    def _beside(self) -> str:
        progress = self.progress()
        parts = [f"{progress.tokens_per_second:.0f} tokens/s", f"{progress.failed} failed"]
        parts += [f"{url.partition('://')[2]} {rows}" for url, rows in sorted(progress.hosts.items())]
        return ", ".join(parts)

    def close(self) -> None:
        """End the bar, and stop to count the seconds."""
        self._ended = self._ended or time.monotonic()
        if self._bar is not None:
            self._bar.draw(self._beside, last=True)
            self._bar.close()


class _Bar:
    """A bar of tqdm. Its failures are hidden: the rows matter more than the bar.

    Args:
        total: How many rows there are, if known.

    Raises:
        ImportError: tqdm is not installed.
    """

    def __init__(self, total: int | None) -> None:
        self._kind = bar_class()
        self._total = total
        self._bar: Any = None
        self._drawn = 0.0

    def open(self) -> None:
        with suppress(Exception):  # a notebook without widgets, no usable standard error
            self._bar = self._kind(total=self._total, unit="row", dynamic_ncols=True, file=QuietFile(sys.stderr))

    def draw(self, beside: Callable[[], str], *, last: bool = False) -> None:
        """Show one row more, and now and then what stands beside the bar."""
        if self._bar is None:
            return
        try:
            if not last:
                self._bar.update(1)
            now = time.monotonic()
            if last or now - self._drawn >= _REDRAW:
                self._drawn = now
                self._bar.set_postfix_str(beside(), refresh=last)
        except Exception:
            self.close()

    def close(self) -> None:
        bar, self._bar = self._bar, None
        with suppress(Exception):
            if bar is not None:
                bar.close()
