"""A bar that shows how far a run is, drawn by tqdm."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_REDRAW = 0.2  # seconds between two updates of the text beside the bar


class Bar:
    """A bar of tqdm. Its failures are hidden: the rows matter more than the bar.

    Args:
        total: How many rows there are, if known.

    Raises:
        ImportError: tqdm is not installed.
    """

    def __init__(self, total: int | None) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # in a notebook without widgets, where it draws text
                import tqdm.auto  # noqa: F401  # tells what is missing
        except ImportError as error:
            raise ImportError("progress=True needs tqdm: pip install 'ollama-sdk[progress]'") from error
        self._total = total
        self._bar: Any = None
        self._drawn = 0.0

    def open(self) -> None:
        """Draw it."""
        from tqdm.auto import tqdm

        with suppress(Exception):  # a notebook without widgets, no usable standard error
            # Without the monitor of tqdm, a thread that would outlive the bar; and without its finalizer, which fails
            # (tqdm before 4.70) for a bar whose first line could not be drawn.
            kind = type("BatchBar", (tqdm,), {"monitor_interval": 0, "__del__": lambda bar: None})
            self._bar = kind(total=self._total, unit="row", dynamic_ncols=True, file=_QuietFile(sys.stderr))

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
        """End the line."""
        bar, self._bar = self._bar, None
        with suppress(Exception):
            if bar is not None:
                bar.close()


class _QuietFile:
    """A file that fails unseen: after an exception of it tqdm 4.67 keeps a lock that all bars of a process share."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(Exception):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(Exception):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
