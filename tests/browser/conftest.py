"""Python in JavaScript runtimes, with a server outside of them."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.runtimes import HERE, InPage, InWorker, Node, Runtime

from maintenance.browser import make, serving
from ollama_sdk.overlay.testing import OllamaServer

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ARGUMENTS = ["--no-sandbox", "--host-resolver-rules=MAP app.example 127.0.0.1"]
CHROMIUM = shutil.which("chromium")
WHEELS = Path(os.environ.get("BROWSER_WHEELS", ""))
collect_ignore_glob = [] if os.environ.get("BROWSER_WHEELS") else ["test_*.py"]  # `make browser` makes them


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the example page."""
    folder = tmp_path_factory.mktemp("browser") / "site"
    make(folder, list(WHEELS.glob("*.whl")))
    shutil.copy(HERE / "worker.mjs", folder)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserContext]:
    """A browser without a window."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context()
        context.set_default_timeout(180_000)  # milliseconds; on a busy machine Python takes half a minute to start
        yield context
        browser.close()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address of the example page."""
    with serving(site) as address:
        yield address


@contextmanager
def node(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    with Node(request.getfixturevalue("site")) as runtime:
        yield runtime


@contextmanager
def page(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    tab: Page = request.getfixturevalue("chromium").new_page()
    tab.goto(f"{request.getfixturevalue('address')}/index.html?host=http://127.0.0.1:1")
    yield InPage(tab)
    tab.close()


@contextmanager
def worker(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    tab: Page = request.getfixturevalue("chromium").new_page()
    tab.goto(f"{request.getfixturevalue('address')}/index.html?host=http://127.0.0.1:1")
    yield InWorker(tab)
    tab.close()


@pytest.fixture(scope="session", params=[node, page, worker], ids=["node", "page", "worker"])
def run(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """A runtime, which calls a function of a test there."""
    with request.param(request) as runtime:
        yield runtime


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
