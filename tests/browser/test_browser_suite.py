"""The tests of the suite that need no sockets, threads or processes pass in Pyodide too."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from browser.conftest import WHEELS
from browser.runtimes import HERE

ROOT = HERE.parent.parent
TESTS = [
    "tests/compat/test_compat_models.py",
    *(f"tests/generated/test_model_{name}.py" for name in ("dump", "mapping", "pydantic", "times")),
    "tests/modelfile/test_modelfile_text.py",
    *(f"tests/overlay/test_overlay_{name}.py" for name in ("errors", "hosts", "json", "log", "ndjson")),
    *(f"tests/overlay/test_overlay_{name}.py" for name in ("requests", "shapes", "tables")),
    *(f"tests/structured/test_{name}.py" for name in ("format_schemas", "parsed")),
    *(f"tests/tools/test_tool_{name}.py" for name in ("arguments", "docstrings", "functions", "results")),
]
# Deep nesting ends Pyodide where it is not our decoder that meets it; examples at random take minutes there, and 300
# recorded answers go the same way through a model.
LEFT_OUT = ("deep", "damaged_text", "white_space_and_a_byte", "values_come_back", "every_recorded_answer")
CHOICE = ["-k", " and ".join(f"not {name}" for name in LEFT_OUT), "-m", "not hypothesis and not slow"]
CHOICE += ["-W", "ignore::hypothesis.errors.HypothesisWarning"]


def test_the_pure_part_of_the_suite_passes_in_pyodide(site: Path):
    command = ["node", HERE / "suite.mjs", site, WHEELS.resolve() / "tools", ROOT, "-q", "--tb=short", *CHOICE, *TESTS]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    assert done.returncode == 0, done.stdout[-20_000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 1_000
    print(passed[0])
