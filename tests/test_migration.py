"""The tables of the pages of migration: the code of each row runs on both clients, and the tests it names exist."""

from __future__ import annotations

import ast
import asyncio
import importlib.metadata
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import ollama
import pytest
from documents import README, ROOT, documents_server

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import AsyncOllama, Ollama

PAGES = {"ollama-python": ROOT / "docs" / "migration.md", "ollama-js": ROOT / "docs" / "migration-js.md"}
JS_PACKAGE = ROOT / "benchmarks" / "javascript"
TEST_LINK = re.compile(r"\[test\]\(\.\./([^)#]+)#(\w+)\)")
DOES_NOT_APPLY = {"browsers"}


@dataclass(frozen=True)
class Row:
    """One feature of an official client: its name, how it is used there, the code of ours, and the tests it names."""

    client: str
    feature: str
    theirs: str
    code: list[str]
    tests: list[tuple[str, str]]


@dataclass
class City:
    city: str
    country: str


def population(city: str) -> int:
    """Tell how many people live in a city.

    Args:
        city: The name of the city.
    """
    return len(city)


def rows() -> list[Row]:
    found = []
    for client, page in PAGES.items():
        for line in page.read_text(encoding="utf-8").splitlines():
            cells = re.split(r"(?<!\\) \| ", line.strip("| "))
            if not line.startswith("|") or cells[0] in ("feature", "what", "---|---|---"):
                continue
            name, theirs, ours = cells
            code = [span for span in re.findall(r"`([^`]+)`", ours) if is_code(span)]
            found.append(Row(client, name, theirs, code, TEST_LINK.findall(ours)))
    return found


def is_code(text: str) -> bool:
    """Whether a span of code is an expression about the SDK, rather than a word such as `with`."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return any(isinstance(node, ast.Name) and node.id in NAMES for node in ast.walk(tree))


def names(client: Any, answer: Any, folder: Path) -> dict[str, Any]:
    """What the code of the table may use."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {name: getattr(sdk, name) for name in sdk.__all__ if name[0].isupper()} | {
        "sdk": sdk,
        "httpx": httpx,
        "client": client,
        "answer": answer,
        "model": "llama3.2",
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
        "tool": tool,
        "schema": schema,
        "digest": "sha256:" + 64 * "0",
        "City": City,
        "population": population,
        "Path": lambda name: folder / name,
    }


NAMES = set(names(None, None, Path()))
ROWS = rows()


class AwaitCalls(ast.NodeTransformer):
    """Awaits the calls of the client that have to be."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="client"), attr=name) if awaited(AsyncOllama, name):
                return ast.copy_location(ast.Await(node), node)
            case ast.Attribute(attr="final"):
                return ast.copy_location(ast.Await(node), node)
        return node


def awaited(owner: type, name: str) -> bool:
    return inspect.iscoroutinefunction(getattr(owner, name))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    (tmp_path / "Modelfile").write_text("FROM ./model.gguf\n")
    with documents_server() as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
        yield tmp_path


def cloud(request: httpx.Request) -> httpx.Response:
    page = {"title": "Ollama", "content": "Models.", "links": []}
    return httpx.Response(200, json=page if request.url.path.endswith("fetch") else {"results": [page]})


def settings(code: str) -> dict[str, Any]:
    """The operations of the web would ask https://ollama.com."""
    return {"cloud_api_key": "key", "transport": httpx.MockTransport(cloud)} if "client.web_" in code else {}


RUN = [pytest.param(code, id=f"{row.client}, {row.feature}: {code}") for row in ROWS for code in row.code]


@pytest.mark.parametrize("code", RUN)
def test_the_code_of_a_row_runs_on_the_blocking_client(code: str, folder: Path) -> None:
    with Ollama(**settings(code)) as client:
        answer = None if settings(code) else client.chat("llama3.2", [{"role": "user", "content": "Hi!"}])
        result = eval(compile(code, "a page of migration", "eval", dont_inherit=True), names(client, answer, folder))
        if hasattr(result, "final"):
            assert result.final()
        close(result)


@pytest.mark.parametrize("code", [each for each in RUN if "client." in each.values[0]])
def test_the_code_of_a_row_runs_on_the_async_client(code: str, folder: Path) -> None:
    tree = ast.fix_missing_locations(AwaitCalls().visit(ast.parse(code, mode="eval")))
    compiled = compile(tree, "a page of migration", "eval", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

    async def run() -> None:
        async with AsyncOllama(**settings(code)) as client:
            answer = None if settings(code) else await client.chat("llama3.2", [{"role": "user", "content": "Hi!"}])
            result = eval(compiled, names(client, answer, folder))
            if inspect.iscoroutine(result):
                result = await result
            if hasattr(result, "final"):
                assert await result.final()

    asyncio.run(run())


def close(result: Any) -> None:
    """Close what a row has made besides the client."""
    if isinstance(result, Ollama):
        injected = result._sender._http_client
        result.close()
        if injected is not None:
            injected.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.client}, {row.feature}")
def test_each_row_is_backed_by_code_or_by_a_test(row: Row) -> None:
    assert row.code or row.tests or row.feature in DOES_NOT_APPLY
    for file, name in row.tests:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(name for name in vars(Ollama) if not name.startswith("_")))
def test_each_method_is_in_the_table(name: str) -> None:
    ours = [code for row in ROWS if row.client == "ollama-python" for code in row.code]
    assert any(f".{name}" in code for code in ours) or name == "generated"


@pytest.mark.parametrize("name", sorted(name for name in vars(ollama.Client) if not name.startswith("_")))
def test_each_method_of_ollama_python_is_in_its_table(name: str) -> None:
    assert any(f"{name}(" in row.theirs for row in ROWS if row.client == "ollama-python")


def test_the_pages_name_the_versions_that_are_compared() -> None:
    versions = {
        "ollama-python": importlib.metadata.version("ollama"),
        "ollama-js": json.loads((JS_PACKAGE / "package.json").read_text(encoding="utf-8"))["dependencies"]["ollama"],
    }
    for client, page in PAGES.items():
        assert versions[client] in page.read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    assert all(f"{client} {version}" in readme for client, version in versions.items())


def test_each_method_of_ollama_js_is_in_its_table() -> None:
    declared = JS_PACKAGE / "node_modules" / "ollama" / "dist" / "browser.d.ts"
    if not declared.is_file():
        pytest.skip("`make bench` installs ollama-js")
    (client,) = re.findall(r"^declare class Ollama \{\n(.*?)^\}", declared.read_text(encoding="utf-8"), re.M | re.S)
    methods = set(re.findall(r"^    (\w+)\(", client, re.M)) - {"constructor", "encodeImage"}
    theirs = " ".join(row.theirs for row in ROWS if row.client == "ollama-js")
    assert {name for name in methods if f"{name}(" not in theirs} == set()
