"""Where Python runs in JavaScript: Node, a page, and a worker of a page; each calls functions of the tests there."""

from __future__ import annotations

import inspect
import json
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).parent


class Runtime(Protocol):
    """Calls a function in Python in JavaScript.

    The function must be whole by itself, with its imports; arguments and result are JSON.
    """

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any: ...


def program(function: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    """Return the text of a program that calls a function, and whose last value is the result in JSON."""
    source = textwrap.dedent(inspect.getsource(function))
    call = f"{function.__name__}(*json.loads({json.dumps(arguments)!r}))"
    wait = "await " if inspect.iscoroutinefunction(function) else ""
    return f"from __future__ import annotations\nimport json\n{source}\njson.dumps({wait}{call})"


def result_of(answer: dict[str, str]) -> Any:
    """Return the result of a program; fail with the traceback if it raised."""
    if "error" in answer:
        raise AssertionError(answer["error"])
    return json.loads(answer["result"])


class Node:
    """Pyodide in Node, which has `fetch`, but neither CORS nor JSPI nor XMLHttpRequest."""

    def __init__(self, site: Path) -> None:
        self._command = ["node", str(HERE / "node.mjs"), str(site)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self._line() == "ready\n"
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.communicate(timeout=20)

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(program(function, arguments)) + "\n")
        self._process.stdin.flush()
        return result_of(json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "Node has ended"
        return line


_IN_PAGE = """async (text) => {
    try { return { result: await python.runPythonAsync(text) }; }
    catch (error) { return { error: String(error.message ?? error) }; }
}"""
_IN_WORKER = """(text) => new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(text);
})"""
_START_WORKER = """() => new Promise((resolve) => {
    globalThis.worker = new Worker("worker.mjs", { type: "module" });
    worker.onmessage = resolve;
})"""


class InPage:
    """Pyodide in the example page."""

    def __init__(self, page: Page) -> None:
        page.wait_for_selector("[data-ready]", state="attached")
        self._page = page

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return result_of(self._page.evaluate(_IN_PAGE, program(function, arguments)))


class InWorker:
    """Pyodide in a worker of the page."""

    def __init__(self, page: Page) -> None:
        page.evaluate(_START_WORKER)
        self._page = page

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return result_of(self._page.evaluate(_IN_WORKER, program(function, arguments)))
