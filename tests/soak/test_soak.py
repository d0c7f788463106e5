"""The soak, so short that it runs with the other tests; `make soak` runs it for two minutes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process has is read from /proc")
@pytest.mark.parametrize("options", [(), ("--stale", "--loop", "uvloop")], ids=["asyncio", "stale-uvloop"])
def test_two_seconds_of_random_calls_break_no_rule(options: tuple[str, ...]) -> None:
    if "uvloop" in options:
        pytest.importorskip("uvloop")
    done = subprocess.run(
        [sys.executable, "-m", "soak", "--seconds", "2", "--seed", "1", *options],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing hung, leaked or lied" in done.stdout
    assert not done.stderr
