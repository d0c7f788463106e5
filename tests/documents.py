"""Programs in Markdown files, and a server that answers whatever they ask."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, Received, Reply, answer

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
# The pages of the site that are made of files beside docs/.
ROOT_PAGES = {"changelog": "CHANGELOG.md", "contributing": "CONTRIBUTING.md", "security": "SECURITY.md"}
_BLOCK = re.compile(r"(<!-- not run: (?P<why>.+?) -->\n+)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S)


def name_of(page: Path) -> str:
    """The name of a page in the names of tests: "errors", or "cookbook/index"."""
    return page.relative_to(ROOT).with_suffix("").as_posix().removeprefix("docs/")


def site_pages() -> list[str]:
    """The pages that have a place on the site, in their order, such as "abort.md"."""
    return list(_pages_of(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))


def _pages_of(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
        return
    for part in nav.values() if isinstance(nav, dict) else nav:
        yield from _pages_of(part)


@dataclass(frozen=True)
class Block:
    """A block of code in a Markdown file.

    Attributes:
        code: What stands between the fences.
        language: What stands after the first one.
        section: The heading above it.
        not_run: Why it cannot run in a test, as a comment above it says: `<!-- not run: why -->`.
    """

    code: str
    language: str
    section: str
    not_run: str | None

    @property
    def is_python(self) -> bool:
        """Whether it is Python that a type checker can read: no piece of a program, and no file that is included."""
        return self.language == "python" and not self.not_run and "--8<--" not in self.code

    @property
    def is_program(self) -> bool:
        """Whether it is Python that runs by itself."""
        return self.is_python and "def test_" not in self.code


def blocks(path: Path) -> list[Block]:
    """The blocks of code of a Markdown file, in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(found["code"], found["language"], _section(text[: found.start()]), found["why"])
        for found in _BLOCK.finditer(text)
    ]


def _section(before: str) -> str:
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", before, flags=re.M | re.S), re.M)
    return headings[-1] if headings else ""


def commands(path: Path) -> list[str]:
    """The make commands in the blocks of a Markdown file."""
    shell = "\n".join(block.code for block in blocks(path) if block.language == "bash")
    return re.findall(r"^make ([a-z-]+)", shell, re.M)


def headings(path: Path) -> set[str]:
    """The anchors of the headings of a Markdown file."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", prose, re.M)
    }


def published_file(address: str) -> Path:
    """The file from which the site makes what is at an address of the project's home."""
    assert address.startswith(URLS["Homepage"]), f"{address} does not begin with {URLS['Homepage']}"
    path = address.removeprefix(URLS["Homepage"])
    if not path or path.endswith("/"):
        path += "index.html"
    page = path.removesuffix(".html")
    if page in ROOT_PAGES:
        return ROOT / ROOT_PAGES[page]
    return ROOT / "docs" / (path if page == path else f"{page}.md")


@contextmanager
def documents_server() -> Iterator[OllamaServer]:
    """A server with an answer for the programs of documents: enough for each to come to its end."""
    model = {"name": "llama3.2:latest", "model": "llama3.2:latest", "modified_at": "2026-11-01T10:00:00Z"}
    model |= {"size": 2019393189, "digest": "a80c4f17acd5", "details": {"family": "llama", "parameter_size": "3.2B"}}
    loaded = {**model, "expires_at": "2026-11-01T10:05:00Z", "size_vram": 2019393189, "context_length": 4096}
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", _chat)
        server.reply("POST", "/api/generate", _generate)
        server.reply("POST", "/api/embed", _embed)
        server.reply("POST", "/api/embeddings", Json({"embedding": [0.1, 0.2]}))
        server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
        server.reply("GET", "/api/status", Json({"cloud": {"disabled": False}}))
        server.reply("GET", "/api/tags", Json({"models": [model]}))
        server.reply("GET", "/api/ps", Json({"models": [loaded]}))
        server.reply("POST", "/api/show", Json({"details": model["details"], "capabilities": ["completion", "tools"]}))
        for path in ("/api/pull", "/api/push", "/api/create"):
            server.reply("POST", path, _progress)
        server.reply("POST", "/api/copy", Reply())
        server.reply("DELETE", "/api/delete", Reply())
        server.reply("POST", "/api/signout", Json(None))
        server.reply("POST", "/api/me", Json({"name": "ann", "email": "ann@example.com", "plan": "free"}))
        server.reply("HEAD", "/api/blobs/*", Reply(status=404))
        server.reply("POST", "/api/blobs/*", Reply(status=201))
        server.reply("POST", "/api/experimental/web_search", Json({"results": []}))
        server.reply("POST", "/api/experimental/web_fetch", Json({"title": "Ollama", "content": "Models."}))
        server.reply("GET", "/api/experimental/model-recommendations", Json({"recommendations": [{"model": "qwen3"}]}))
        server.reply(
            "POST", "/v1/systemone", Json({"model": "nimble", "answers": {"down": {"type": "noul", "noul": 1}}})
        )
        yield server


def _missing(request: Any) -> Reply | None:
    if request["model"] == "no-such-model":
        return Reply(Json({"error": "model 'no-such-model' not found"}), status=404)
    return None


def _chat(received: Received) -> Reply:
    request = received.json
    messages = request.get("messages") or [{"role": "user", "content": ""}]
    if missing := _missing(request):
        return missing
    if "long story" in messages[0]["content"]:
        return Reply(Line({"model": request["model"], "message": {"role": "assistant", "content": "Once"}}), Never())
    if request.get("tools") and messages[-1]["role"] != "tool":
        return _asking_for_tools(request)
    reply = answer("/api/chat", _texts(request), stream=request["stream"])
    if request.get("think"):
        thought = {"model": request["model"], "message": {"role": "assistant", "content": "", "thinking": "Hm."}}
        if request["stream"]:
            return Reply(Line({**thought, "done": False}), *reply.steps)
        whole = json.loads(reply.steps[0].content())
        whole["message"]["thinking"] = "Hm."
        return Reply(Json(whole))
    return reply


def _asking_for_tools(request: Any) -> Reply:
    """Call each tool once, with a value of the right type for each required parameter."""
    calls = []
    for number, tool in enumerate(request["tools"]):
        function = tool["function"]
        schema = function.get("parameters") or {}
        arguments = {name: _example(schema["properties"][name], name) for name in schema.get("required", [])}
        calls.append({"id": f"call_{number}", "function": {"name": function["name"], "arguments": arguments}})
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    last = {"model": request["model"], "message": message, "done": True, "done_reason": "stop"}
    return Reply(Line(last) if request["stream"] else Json(last))


def _generate(received: Received) -> Reply:
    request = received.json
    return _missing(request) or answer("/api/generate", _texts(request), stream=request["stream"])


def _embed(received: Received) -> Reply:
    given = received.json["input"]
    texts = [given] if isinstance(given, str) else given
    vectors = [[0.6, 0.8, 0.0] for _ in texts]
    return _missing(received.json) or Reply(
        Json({"model": received.json["model"], "embeddings": vectors, "prompt_eval_count": len(texts)})
    )


def _progress(received: Received) -> Reply:
    layer = {"status": "pulling 6a0746a1ec1a", "digest": "sha256:6a0746a1ec1a", "total": 400}
    lines = [{"status": "pulling manifest"}, {**layer, "completed": 100}, {**layer, "completed": 400}]
    if missing := _missing(received.json):
        return missing
    if received.json.get("stream") is False:
        return Reply(Json({"status": "success"}))
    return Reply(*(Line(line) for line in [*lines, {"status": "success"}]))


def _texts(request: Any) -> list[str]:
    form = request.get("format")
    if not form:
        return ["The sky", " is blue."]
    if form == "json":
        return ['{"city": "Paris", "country": "France"}']
    return [json.dumps(_example(form, "answer"))]


def _example(schema: Any, name: str) -> Any:
    """A value that fits a JSON schema."""
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _example(schema[key][0], name)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: _example(value, key) for key, value in properties.items()}
    if kind == "array":
        return [_example(schema.get("items", {}), name)]
    known = {"city": "Paris", "country": "France"}
    return {"integer": 2, "number": 2.5, "boolean": True, "null": None}.get(kind, known.get(name, name))
