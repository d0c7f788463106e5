"""The bar that shows the progress of a job, drawn by tqdm."""

from __future__ import annotations

import sys
import threading
import warnings
from contextlib import suppress
from typing import Any, TextIO, cast

from ollama_sdk.overlay._errors import one_line


class Bar:
    """A bar of tqdm. Its failures are suppressed, since the job matters more than its bar."""

    def __init__(self, title: str, file: TextIO | None, unit: str = "B") -> None:
        self._title = title
        self._unit = unit
        self._file = QuietFile(sys.stderr if file is None else file)
        self._lock = threading.Lock()
        self._shown = ""
        self._kind: Any = bar_class()
        self._tqdm: Any = None

    def draw(self, status: str, completed: int, total: int, *, is_over: bool = False) -> None:
        """Show new figures, at most ten times a second, and a new status at once.

        There is no bar before the first, and none for a job that is over before, such as a pull of what is there.
        """
        with self._lock:
            if self._kind is None or (is_over and self._tqdm is None):
                return
            try:
                if self._tqdm is None:
                    self._tqdm = self._kind(
                        desc=self._title or None, unit=self._unit, unit_scale=True, dynamic_ncols=True, file=self._file
                    )
                bar = self._tqdm
                if total and total != bar.total:
                    count, started = bar.n, bar.start_t
                    bar.reset(total)  # setting bar.total would not change the widget of a notebook
                    bar.n, bar.last_print_n, bar.start_t = count, count, started
                bar.update(completed - bar.n)
                status = one_line(status)
                if status != self._shown:
                    self._shown = status
                    bar.set_description_str(f"{self._title}: {status}" if self._title else status)
            except Exception:  # such as a closed standard error
                self._close()

    def close(self) -> None:
        """Draw the last figures and end the line."""
        with self._lock:
            with suppress(Exception):
                if self._tqdm is not None:
                    self._tqdm.refresh()
            self._close()

    def _close(self) -> None:
        bar, self._tqdm, self._kind = self._tqdm, None, None
        with suppress(Exception):
            if bar is not None:
                bar.close()


def bar_class() -> Any:
    """Return the class of our bars of tqdm, which are always closed; None where tqdm is broken.

    Raises:
        ImportError: tqdm is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in a notebook without widgets, where it draws text
            from tqdm.auto import tqdm

        # Without the monitor of tqdm, a thread that would outlive the bar; and without the finalizer, which fails
        # (tqdm before 4.70) for a bar whose first line could not be drawn.
        return type("ProgressBar", (tqdm,), {"monitor_interval": 0, "__del__": lambda bar: None})
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install 'ollama-sdk[progress]'") from error
    except Exception:
        return None


class QuietFile:
    """A file that suppresses its errors: after one, tqdm 4.67 would hold a lock that all bars of a process share."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(Exception):
            cast("TextIO", self._file).write(text)

    def flush(self) -> None:
        with suppress(Exception):
            cast("TextIO", self._file).flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
