"""`make check` fails when what is compiled is not what its sources say, and tells what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from distribution.checkout import Checkout

pytestmark = pytest.mark.slow
GENERATED = Path("generated") / "ollama_sdk" / "generated" / "models" / "version_response.py"
OVERLAY = Path("overlay") / "ollama_sdk" / "overlay"
SOURCE, CLIENT = OVERLAY / "_clients" / "_source" / "client.py", OVERLAY / "_clients" / "_async" / "client.py"
ASYNC, SYNC = OVERLAY / "_answers" / "_async" / "streams.py", OVERLAY / "_answers" / "_sync" / "streams.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path / "a folder")


def append(checkout: Checkout, *files: Path, text: str) -> None:
    for file in files:
        with (checkout.folder / file).open("a", encoding="utf-8") as opened:
            opened.write(text)


def drifted(checkout: Checkout) -> str:
    """What `make drift` says, which has to fail and to tell what to run."""
    done = checkout.try_make("drift")
    assert done.returncode != 0
    assert "run 'make generate'" in done.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("compiled", "committed"), [((GENERATED,), False), ((CLIENT, SYNC), True)], ids=["generated", "overlay-committed"]
)
def test_an_edit_by_hand_and_a_file_too_many_are_shown(
    checkout: Checkout, compiled: tuple[Path, ...], committed: bool
) -> None:
    append(checkout, *compiled, text="by_hand = 1\n")
    for file in compiled:
        (checkout.folder / file).with_name("of_my_own.py").touch()
    if committed:
        checkout.commit()
    said = drifted(checkout)
    assert said.count("-by_hand = 1") == said.count("of_my_own.py") == len(compiled)
    for file in compiled:
        edited = (checkout.folder / file).read_text(encoding="utf-8")
        assert edited.endswith("by_hand = 1\n"), "the edit is somebody's work"


def test_a_source_that_was_not_compiled_is_shown_until_it_is(checkout: Checkout) -> None:
    append(checkout, SOURCE, ASYNC, text="\n\nADDED = 1\n")
    assert drifted(checkout).count("+ADDED = 1") == 3, "both clients, and one stream"

    description = checkout.folder / "openapi.yaml"
    text = description.read_text(encoding="utf-8")
    assert "description: The version of the server." in text
    description.write_text(text.replace("The version of the server.", "Its version."), encoding="utf-8")
    assert "Its version." in drifted(checkout)

    checkout.make_target("generate")
    assert "and the compiled folders of the overlay are what their sources say" in checkout.make_target("drift")


def test_check_looks_for_drift(checkout: Checkout) -> None:
    assert "generated/ is not what openapi.yaml and templates/ say" in checkout.make_target("--dry-run", "check")
