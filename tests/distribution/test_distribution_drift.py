"""`make check` fails when what is compiled is not what its sources say, and tells what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from distribution.checkout import Checkout

pytestmark = pytest.mark.slow
ANSWER = Path("generated") / "ollama_sdk" / "generated" / "models" / "version_response.py"
OVERLAY = Path("overlay") / "ollama_sdk" / "overlay"
SOURCE, CLIENT = OVERLAY / "_clients" / "_source" / "client.py", OVERLAY / "_clients" / "_async" / "client.py"
ASYNC, SYNC = OVERLAY / "_answers" / "_async" / "streams.py", OVERLAY / "_answers" / "_sync" / "streams.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path / "a folder")


@pytest.mark.parametrize(
    ("compiled", "committed"),
    [(ANSWER, False), (ANSWER, True), (CLIENT, False), (SYNC, True)],
    ids=["generated", "generated-committed", "_async", "_sync-committed"],
)
def test_an_edit_by_hand_is_shown_and_what_to_run(checkout: Checkout, compiled: Path, committed: bool) -> None:
    edited = checkout.folder / compiled
    edited.write_text(edited.read_text(encoding="utf-8") + "by_hand = 1\n", encoding="utf-8")
    if committed:
        checkout.commit()
    done = checkout.try_make("drift")
    assert done.returncode != 0
    assert "-by_hand = 1" in done.stdout
    assert "run 'make generate'" in done.stdout
    assert edited.read_text(encoding="utf-8").endswith("by_hand = 1\n"), "the edit is somebody's work"


@pytest.mark.parametrize("compiled", [ANSWER, CLIENT, SYNC], ids=["generated", "_async", "_sync"])
def test_a_file_too_many_is_drift(checkout: Checkout, compiled: Path) -> None:
    (checkout.folder / compiled).with_name("of_my_own.py").touch()
    done = checkout.try_make("drift")
    assert done.returncode != 0
    assert "of_my_own.py" in done.stdout


def reword_the_description(text: str) -> str:
    assert "description: The version of the server." in text
    return text.replace("The version of the server.", "Its version.")


@pytest.mark.parametrize(
    ("source", "edit", "shown"),
    [
        (Path("openapi.yaml"), reword_the_description, "Its version."),
        (SOURCE, lambda text: f"{text}\n\nADDED = 1\n", "+ADDED = 1"),
        (ASYNC, lambda text: f"{text}\n\nADDED = 1\n", "+ADDED = 1"),
    ],
    ids=["openapi.yaml", "_source", "_async"],
)
def test_a_source_that_was_not_compiled_is_shown_until_it_is(
    checkout: Checkout, source: Path, edit: Callable[[str], str], shown: str
) -> None:
    edited = checkout.folder / source
    edited.write_text(edit(edited.read_text(encoding="utf-8")), encoding="utf-8")
    done = checkout.try_make("drift")
    assert done.returncode != 0
    assert shown in done.stdout
    assert "run 'make generate'" in done.stdout

    checkout.make_target("generate")
    assert "and the compiled folders of the overlay are what their sources say" in checkout.make_target("drift")


def test_check_looks_for_drift(checkout: Checkout) -> None:
    assert "generated/ is not what openapi.yaml and templates/ say" in checkout.make_target("--dry-run", "check")
