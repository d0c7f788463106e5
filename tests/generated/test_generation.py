"""What is committed below `generated/` is exactly what the generator makes of `openapi.yaml`."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from promise.project_copy import GENERATED, ROOT, ProjectCopy

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


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file of a folder, but for what Python and linters leave behind."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part in ("__pycache__", ".ruff_cache") for part in path.parts)
    }


def difference(expected: dict[str, bytes], found: dict[str, bytes]) -> str:
    """A unified diff of two folders; empty when they are the same, byte for byte."""
    lines: list[str] = []
    for name in sorted(set(expected) | set(found)):
        before, after = expected.get(name), found.get(name)
        if before == after:
            continue
        before_name = f"committed/{name}" if before is not None else "/dev/null"
        after_name = f"regenerated/{name}" if after is not None else "/dev/null"
        old, new = ((content or b"").decode("utf-8").splitlines() for content in (before, after))
        shown = list(difflib.unified_diff(old, new, before_name, after_name, lineterm=""))
        lines += shown or [f"{before_name} and {after_name} differ in line ends or in being there"]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    project = ProjectCopy.make(tmp_path_factory.mktemp("project"), with_overlay=False)
    project.generate()
    return project


def test_what_is_committed_is_what_the_generator_makes(copied: ProjectCopy) -> None:
    changes = difference(files(ROOT / GENERATED), files(copied.generated))
    assert not changes, f"generated/ is not what openapi.yaml and templates/ give; run `make generate`\n{changes}"


@pytest.mark.slow
def test_a_second_run_gives_the_same_bytes(copied: ProjectCopy) -> None:
    first = files(copied.generated)
    copied.generate()
    assert difference(first, files(copied.generated)) == ""


def test_nothing_but_the_two_packages_is_generated(copied: ProjectCopy) -> None:
    assert {path.suffix for path in copied.generated.rglob("*") if path.is_file()} == {".py", ".typed"}


def test_a_difference_is_shown_as_a_diff() -> None:
    shown = difference({"a.py": b"x = 1\n", "b.py": b"same\n", "c.py": b""}, {"a.py": b"x = 2\n", "b.py": b"same\n"})
    assert shown.splitlines()[:5] == ["--- committed/a.py", "+++ regenerated/a.py", "@@ -1 +1 @@", "-x = 1", "+x = 2"]
    assert "c.py" in shown
    assert "b.py" not in shown


def test_a_difference_of_line_ends_is_one() -> None:
    assert difference({"a.py": b"x\n"}, {"a.py": b"x\r\n"}) != ""


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
