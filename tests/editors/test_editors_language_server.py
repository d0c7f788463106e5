"""What pyright's language server, which is behind many editors, completes and shows of a call."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyright")
pytestmark = pytest.mark.slow
PROGRAM = """\
import ollama_sdk.overlay as sdk
client = sdk.Ollama()
client.chat("m", [], op)
sdk.chat("m", [], op)
client.chat("m", [], options={})
"""


class LanguageServer:
    """A language server that has a program open."""

    def __init__(self, folder: Path) -> None:
        """Start the server, and open the program."""
        command = [sys.executable, "-m", "pyright.langserver", "--stdio"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self.document = {"uri": (folder / "program.py").as_uri()}
        self.requests = 0
        (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [path for path in sys.path if path]}))
        workspace = {"uri": folder.as_uri(), "name": "program"}
        self.ask("initialize", {"processId": None, "capabilities": {}, "workspaceFolders": [workspace]})
        self.send(method="initialized", params={})
        opened = {**self.document, "languageId": "python", "version": 1, "text": PROGRAM}
        self.send(method="textDocument/didOpen", params={"textDocument": opened})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Send a request, and return the result."""
        self.requests += 1
        self.send(method=method, params=params, id=self.requests)
        while True:
            message = self.receive()
            if "method" not in message and message.get("id") == self.requests:
                return message["result"]

    def ask_at(self, method: str, line: int, text: str) -> Any:
        """Ask about the place after a text in a line."""
        column = PROGRAM.splitlines()[line].index(text) + len(text)
        return self.ask(method, {"textDocument": self.document, "position": {"line": line, "character": column}})

    def send(self, **message: Any) -> None:
        """Send a message."""
        assert self.process.stdin is not None
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """Read a message."""
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            assert line, "the language server has ended"
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def close(self) -> None:
        """End the server."""
        self.ask("shutdown", {})
        self.send(method="exit")
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    started = LanguageServer(tmp_path_factory.mktemp("program"))
    yield started
    started.close()


@pytest.mark.parametrize("line", [2, 3], ids=["method", "function"])
def test_it_completes_the_keywords_of_a_call(server: LanguageServer, line: int):
    completions = server.ask_at("textDocument/completion", line, ", op")
    assert "options=" in {item["label"] for item in completions["items"]}


def test_it_shows_what_a_call_takes_and_explains_it(server: LanguageServer):
    shown = server.ask_at("textDocument/hover", 4, "client.cha")["contents"]["value"]
    assert "options: Options | Mapping[str, Any] | None = None" in shown
    assert "keep_alive: How long the model stays loaded" in shown
