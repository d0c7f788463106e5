"""The soak with stale connections and uvloop, for a moment; `make soak` runs it without for two minutes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process has is read from /proc")
def test_two_seconds_of_random_calls_break_no_rule() -> None:
    pytest.importorskip("uvloop")
    done = subprocess.run(
        [sys.executable, "-m", "soak", "--seconds", "2", "--seed", "1", "--stale", "--loop", "uvloop"],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing hung, leaked or lied" in done.stdout
    assert not done.stderr
