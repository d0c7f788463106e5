"""A mistake in `openapi.yaml` is a failure of the generator; `make drift` compares what it makes with what is committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from promise.project_copy import ProjectCopy

BREAKS = {
    "a reference to nothing": (
        "                $ref: '#/components/schemas/VersionResponse'",
        "                $ref: '#/components/schemas/NoSuchResponse'",
    ),
    "a type that there is not": (
        "      type: object\n      description: The version of the server.",
        "      type: objekt\n      description: The version of the server.",
    ),
    "a body of an unknown media type": (
        "          application/octet-stream:",
        "          application/x-invented:",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", BREAKS)
def test_a_warning_of_the_generator_is_a_failure(tmp_path: Path, mistake: str) -> None:
    project = ProjectCopy.make(tmp_path, with_overlay=False)
    right, wrong = BREAKS[mistake]
    text = project.description.read_text(encoding="utf-8")
    assert text.count(right) >= 1
    project.description.write_text(text.replace(right, wrong), encoding="utf-8")
    done = project.try_to_generate()
    assert done.returncode != 0, done.stdout
    assert "warning" in (done.stdout + done.stderr).lower() or "error" in (done.stdout + done.stderr).lower()
