"""docs/telemetry.md: each test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from documents import ROOT


def test_each_test_that_the_page_names_exists():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")))
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))

    assert named
    assert named <= set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
