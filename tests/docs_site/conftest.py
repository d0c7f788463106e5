"""The documentation site, as `make docs` has built it, and a browser without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maintenance.browser import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SITE = Path(os.environ.get("DOCS_SITE", ""))
CHROMIUM = shutil.which("chromium")
collect_ignore_glob = [] if os.environ.get("DOCS_SITE") else ["test_*.py"]  # `make docs-check` builds it


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the site."""
    return SITE.absolute()


@pytest.fixture(scope="session", params=["file", "http"])
def address(site: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the site: its folder, and a server on this machine."""
    if request.param == "file":
        yield site.as_uri()
    else:
        with serving(site) as address:
            yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
