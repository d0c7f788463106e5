"""The site in a browser, from a folder and from a server: it asks no other host, has a search, and fits a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import TimeoutError as NotYet

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PAGES = [
    "index.html",
    "abort.html",
    "migration.html",
    "performance.html",
    "changelog.html",
    "contributing.html",
    "cookbook/index.html",
    "reference/index.html",
    "reference/ollama.html",
    "reference/models-text.html",
    "source/examples/proxy.py.html",
    "http-api.html",
]
# What somebody looks for, and the page that answers it.
QUESTIONS = {
    "stop an answer": "abort.html",
    "key is not sent": "connections.html",
    "uvloop": "connections.html",
    "503": "errors.html",
    "timeout": "timeouts.html",
    "proxy": "connections.html",
    "function as a tool": "tools.html",
    "stream": "reference/streams.html",
    "image": "images-and-thinking.html",
    "offline": "start-mirrors.html",
    "embeddings numpy": "embeddings.html",
    "FastAPI": "other-libraries.html",
    "ollama-js": "migration-js.html",
    "Ctrl-C": "abort.html",
    "how do I stop an answer": "questions.html",
    "why is my key not sent": "connections.html",
    "how do I use uvloop": "questions.html",
    "what happens at a 503": "errors.html",
    "how do I retry": "questions.html",
    "how do I set a proxy": "questions.html",
    "how do I send an image": "questions.html",
    "how do I keep a model loaded": "questions.html",
    "how do I get a numpy array": "questions.html",
    "how do I use it in FastAPI": "questions.html",
    "how do I use it offline": "questions.html",
    "how do I move from ollama-js": "questions.html",
}
RESULTS = (
    "[...document.body.children].find(element => element.shadowRoot)?.shadowRoot.querySelectorAll('a[href]') ?? []"
)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A tab, in which nothing outside may be asked for, and nothing go wrong."""
    tab = chromium.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    yield tab
    tab.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert wrong == []


# From a folder alone, where nothing may begin with "/"; the tests below load pages from a server, too.
@pytest.mark.parametrize("address", ["file"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_host_and_fits_a_phone(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/{name}")
    assert page.locator("h1").first.is_visible()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def open_search(page: Page) -> Locator:
    words = page.get_by_placeholder("Search").last
    while not words.is_visible():  # a page hears no keys before its scripts have run
        page.keyboard.press("Control+k")
        with suppress(NotYet):
            words.wait_for(timeout=1000)
    return words


def test_the_search_is_used_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    open_search(page).fill("stall_timeout")
    page.locator("a[href*='timeouts.html']").filter(has=page.locator("mark")).first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/timeouts.html*")


def test_a_question_is_answered_by_one_search(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    words = open_search(page)
    for question, place in QUESTIONS.items():
        words.fill(question)
        page.wait_for_function(
            f"place => [...{RESULTS}].slice(0, 5).some(link => new URL(link.href).pathname.endsWith(place))",
            arg=f"/{place}",
        )


def test_the_description_of_the_http_api_is_shown(page: Page, address: str) -> None:
    page.goto(f"{address}/http-api.html")
    page.locator("#http-api").get_by_text("/api/chat", exact=True).click()
    page.locator("#http-api").get_by_role("tab", name="Schema").first.click()
    page.locator("#http-api").get_by_text("top_logprobs").first.wait_for()  # its reference was resolved
    assert page.locator("#http-api .errors-wrapper").count() == 0


@pytest.mark.parametrize("missing", ["404.html", "missing.html", "reference/missing.html", "source/tests/missing.html"])
def test_what_a_server_shows_for_a_missing_page_leads_to_the_start_page(
    page: Page, address: str, site: Path, missing: str
) -> None:
    page.route(f"**/{missing}", lambda route: route.fulfill(path=site / "404.html", content_type="text/html"))
    page.goto(f"{address}/{missing}")
    page.get_by_role("link").click()
    page.wait_for_url(f"{address}/index.html")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_colours_are_those_of_the_system(page: Page, address: str, colours: str) -> None:
    page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
    page.goto(f"{address}/index.html")
    shown = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3)")
    assert all((float(part) > 128) == (colours == "light") for part in shown)
