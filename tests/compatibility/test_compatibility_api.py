"""`make api` names what of the public API a change breaks, however the package is laid out inside."""

from __future__ import annotations

from pathlib import Path

import griffe
import pytest

from maintenance.api import ROOT, breakages, compare, may_break, public_api
from ollama_sdk import overlay

FILES = {
    "generated/ollama_sdk/generated/__init__.py": "",
    "generated/ollama_sdk/generated/models/__init__.py": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .message import Message
__all__ = ("Message",)
def __getattr__(name): ...
""",
    "generated/ollama_sdk/generated/models/message.py": "class Message:\n    content: str\n",
    "overlay/ollama_sdk/overlay/__init__.py": """
from typing import TYPE_CHECKING
import ollama_sdk.generated.models as _models
from ollama_sdk.overlay._client import Ollama
if TYPE_CHECKING:
    from ollama_sdk.generated.models import *
    from ollama_sdk.overlay._stream import Stream
    _client = Ollama()
    chat = _client.chat
__all__ = ["Ollama", "Stream", "chat"]
__all__ += _models.__all__
""",
    "overlay/ollama_sdk/overlay/testing/__init__.py": '__all__ = ["OllamaServer"]\nclass OllamaServer: ...\n',
    "overlay/ollama_sdk/overlay/_version.py": '__version__ = "0.1.0"\n',
    "overlay/ollama_sdk/overlay/_stream.py": "class Stream(Iterator):\n    def close(self): ...\n",
    "overlay/ollama_sdk/overlay/_text.py": """
from typing import TypedDict, Unpack
class Options(TypedDict, total=False):
    keep_alive: float
class Arguments(Options, total=False):
    think: bool
class Text:
    def chat(self, model, messages=None, *, stream=False, **arguments: Unpack[Arguments]): ...
    def _send(self, request): ...
""",
    "overlay/ollama_sdk/overlay/_client.py": """
from ollama_sdk.overlay._text import Text
class Ollama(Text):
    base_url = ...
    @property
    def is_closed(self): ...
""",
}


def write(root: Path, before: str = "", after: str = "") -> Path:
    """A small SDK with the ways in which ours exports names; `after` stands where `before` did."""
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(before, after) if before else text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"Stream", ', "", "`Stream`: *Public object was removed*"),
        ('__all__ = ("Message",)', "__all__ = ()", "`Message`: *Public object was removed*"),
        ("    chat = _client.chat\n", "", "`chat`: *Public object was removed*"),
        ('["OllamaServer"]', "[]", "`OllamaServer`: *Public object was removed*"),
        ("def close", "def end", "`Stream.close`: *Public object was removed*"),
        ("content: str", "text: str", "`Message.content`: *Public object was removed*"),
        ("    base_url = ...", "", "`Ollama.base_url`: *Public object was removed*"),
        ("    base_url = ...", "    def base_url(self): ...", "`Ollama.base_url`: *Public object points to a"),
        ("Stream(Iterator)", "Stream", "`Stream`: *Base class was removed*"),
        (", messages=None", "", "`Text.chat(messages)`: *Parameter was removed*"),
        ("messages=None", "messages", "`Text.chat(messages)`: *Parameter is now required*"),
        ("messages=None, *", "*, messages=None", "`Text.chat(messages)`: *Parameter kind was changed*"),
        ("keep_alive: float", "keep: float", "`Text.chat(keep_alive)`: *Parameter was removed*"),
        ("think: bool", "thought: bool", "`Text.chat(think)`: *Parameter was removed*"),
        ("stream=False", "stream=True", "`Text.chat(stream)`: *Parameter default was changed*"),
        ("stream=False", "stream=False, key", "`Text.chat(key)`: *Parameter was added as required*"),
    ],
)
def test_what_breaks_callers_is_named(before: str, after: str, said: str, tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", before, after)
    assert said in " ".join(breakages(public_api(old), public_api(new)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("stream=False", "stream=False, new=None"),
        ("    base_url = ...", "    base_url = ...\n    another = ..."),
        ("_send", "_post"),
        ("Text", "TextOperations"),
        ("keep_alive: float", "keep_alive: float\n    shift: bool"),
    ],
)
def test_what_is_added_or_private_breaks_nothing(before: str, after: str, tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", before, after)
    assert breakages(public_api(old), public_api(new)) == []


def test_a_private_module_may_move(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", "overlay._text", "overlay._clients.text")
    overlay_folder = new / "overlay" / "ollama_sdk" / "overlay"
    (overlay_folder / "_clients").mkdir()
    (overlay_folder / "_clients" / "__init__.py").touch()
    (overlay_folder / "_text.py").rename(overlay_folder / "_clients" / "text.py")
    assert breakages(public_api(old), public_api(new)) == []


def test_all_names_of_the_real_package_are_compared() -> None:
    package = public_api(ROOT)
    members = package["overlay"].all_members
    assert {name for name, member in members.items() if member.is_public} >= set(overlay.__all__)
    parameters = {one.name for one in members["AsyncOllama"].all_members["chat"].parameters}
    assert {"stream", "keep_alive", "stall_timeout"} <= parameters
    assert "url" in package["overlay.testing"].all_members["OllamaServer"].all_members
    assert breakages(package, package) == []


def test_a_break_fails_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = public_api(write(tmp_path / "old"))
    assert compare(old, old) == 0
    assert capsys.readouterr().out == "The public API of 0.1.0 is whole\n"
    assert compare(old, public_api(write(tmp_path / "new", "def close", "def end"))) == 1
    said = capsys.readouterr().out
    assert said.startswith("0.1.0 breaks the public API of 0.1.0, as it may not:\n- `Stream.close`: ")
    assert "let it warn" in said


def test_a_version_that_may_break_is_told_what_it_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write(tmp_path / "old"), write(tmp_path / "new", '"Stream", ', "")
    (new / "overlay/ollama_sdk/overlay/_version.py").write_text('__version__ = "0.2.0"\n', encoding="utf-8")
    assert compare(public_api(old), public_api(new)) == 0
    assert "0.2.0 breaks the public API of 0.1.0, as it may:\n- `Stream`" in capsys.readouterr().out


def test_a_name_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(griffe.AliasResolutionError, match=r"overlay\.Stream"):
        public_api(write(tmp_path, "overlay._stream", "overlay._streams"))


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.3", "1.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
    ],
)
def test_a_version_may_break_what_semantic_versioning_lets_it_break(old: str, new: str, allowed: bool) -> None:
    assert may_break(old, new) is allowed
