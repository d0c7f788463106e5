"""The summary that the command line prints at the end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ollama_sdk.overlay.batch._progress import Progress
from ollama_sdk.overlay.batch._results import Result, is_final

_SHOWN = 5  # rows that failed


class Summary:
    """Collects the figures of a run for the summary.

    Args:
        output: The file of answers.
        quiet: Whether nothing is said when all went well.
    """

    def __init__(self, output: Path, *, quiet: bool) -> None:
        self._output = output
        self._quiet = quiet
        self._failed: list[str] = []
        self._unkept = 0

    def add(self, result: Result[Any, Any]) -> None:
        if result.error is None:
            return
        if len(self._failed) < _SHOWN:
            self._failed.append(f"  row {result.index}, id {result.id}: {type(result.error).__name__}: {result.error}")
        if not is_final(result.error):
            self._unkept += 1

    def print(self, progress: Progress, *, complete: bool) -> None:
        """Print the summary on standard error.

        Args:
            progress: The figures of the run.
            complete: Whether the run came to its end.
        """
        if self._quiet and complete and not progress.failed:
            return
        lines = []
        if progress.rows:
            lines = [_figures(progress)]
            lines += [f"  {url}: {rows} rows" for url, rows in sorted(progress.hosts.items())]
        if progress.failed:
            kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(progress.errors.items()))
            lines += [f"{progress.failed} failed ({kinds}), such as", *self._failed]
        if self._unkept:
            lines.append(f"{self._unkept} of these are not in {self._output}: the same command tries them again.")
        if not complete and progress.rows:
            lines.append(f"What is finished is in {self._output}: the same command goes on from there.")
        if lines:
            print(*lines, sep="\n", file=sys.stderr)


def _figures(progress: Progress) -> str:
    of = "" if progress.total is None else f" of {progress.total}"
    before = f", {progress.restored} of them done before" if progress.restored else ""
    if progress.rows == progress.restored:
        return f"{progress.rows}{of} rows, all of them done before"
    speed = f"{progress.rows_per_second:.1f} rows/s, {progress.tokens_per_second:.1f} tokens/s"
    return f"{progress.rows}{of} rows{before}, in {progress.seconds:.1f} s ({speed})"
