"""The example page, as somebody uses it, and pages that a server does not allow."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from browser.runtimes import InPage
from overlay.scripts import chat_line, done_line

from ollama_sdk.overlay.testing import Gate, Json, Never, OllamaServer, Received, Reply, Start, Wait

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    """One server for all tests, since the page has its address."""
    with OllamaServer() as server:
        yield server


@pytest.fixture(scope="module")
def loaded(chromium: BrowserContext, address: str, server: OllamaServer) -> Iterator[Page]:
    """The example page; no test may leave an error in its console."""
    server.reply("GET", "/api/tags", Json({"models": [{"name": "small", "model": "small"}, {"model": "large"}]}))
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/index.html?host={server.url}")
    yield page
    page.close()
    assert not errors


@pytest.fixture
def page(loaded: Page, server: OllamaServer) -> Page:
    """The example page with an empty conversation, ready to send."""
    loaded.wait_for_selector("#send:enabled")
    loaded.evaluate("() => { python.runPython('messages.clear()'); document.querySelector('main').replaceChildren(); }")
    server.clear()
    return loaded


def screenshot(page: Page, name: str) -> None:
    """Keep a picture for whoever looks at the run."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_question_is_answered_in_the_page(page: Page, server: OllamaServer):
    more = Gate()
    server.reply("POST", "/api/chat", chat_line("The sky "), Wait(more), chat_line("is blue."), done_line(eval_count=5))

    assert page.locator("#model option").all_text_contents() == ["small", "large"]
    page.get_by_label("Your message").fill("Why is the sky blue?")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("The sky ", exact=True).wait_for()  # before the rest was sent
    more.open()
    page.get_by_text("The sky is blue.").wait_for()
    page.get_by_text("5 tokens").wait_for()
    screenshot(page, "light")
    assert server.requests[-1].json["messages"] == [{"role": "user", "content": "Why is the sky blue?"}]

    page.get_by_label("Your message").fill("And at night?")
    page.keyboard.press("Enter")
    page.get_by_text("The sky is blue.").nth(1).wait_for()
    roles = [message["role"] for message in server.requests[-1].json["messages"]]
    assert roles == ["user", "assistant", "user"]


def test_the_button_stops_the_answer_at_the_server(page: Page, server: OllamaServer):
    server.reply("POST", "/api/chat", chat_line("The sky"), Never())

    assert page.get_by_role("button", name="Stop").is_disabled()
    page.get_by_label("Your message").fill("Why is the sky blue?")
    page.keyboard.press("Enter")
    page.get_by_text("The sky", exact=True).wait_for()
    page.get_by_role("button", name="Stop").click()

    assert server.wait_for_disconnect()
    page.get_by_text("Stopped").wait_for()
    assert page.get_by_role("button", name="Send").is_enabled()


def test_a_stop_before_the_first_token(page: Page, server: OllamaServer):
    asked = threading.Event()

    def think(received: Received) -> Reply:
        asked.set()
        return Reply(Never())

    server.reply("POST", "/api/chat", think)

    page.get_by_label("Your message").fill("Why is the sky blue?")
    page.keyboard.press("Enter")
    assert asked.wait(10)
    page.get_by_role("button", name="Stop").click()

    assert server.wait_for_disconnect()
    page.get_by_text("Stopped").wait_for()


def test_a_picture_goes_with_the_message(page: Page, server: OllamaServer, tmp_path: Path):
    server.reply("POST", "/api/chat", Json({"message": {"content": "A cat."}, "done": True}))
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG picture")

    page.get_by_label("Picture").set_input_files(picture)
    page.get_by_label("Your message").fill("What is it?")
    page.keyboard.press("Enter")
    page.get_by_text("A cat.").wait_for()

    assert server.requests[-1].json["messages"][0]["images"] == ["iVBORyBwaWN0dXJl"]


def test_an_error_of_the_server_is_shown(page: Page, server: OllamaServer):
    server.reply("POST", "/api/chat", Start(), Json({"error": "model requires more memory"}))

    page.get_by_label("Your message").fill("Hi!")
    page.keyboard.press("Enter")
    page.get_by_text("model requires more memory").wait_for()


def test_the_page_is_used_by_keyboard_alone(page: Page):
    page.get_by_label("Your message").focus()
    order = []
    for _ in range(2):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert order == ["picture", "send"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_text_can_be_read_in_light_and_dark(page: Page, scheme: Any):
    page.emulate_media(color_scheme=scheme)
    ink, ground = page.evaluate(
        "() => { const { color, backgroundColor } = getComputedStyle(document.body); return [color, backgroundColor]; }"
    )
    screenshot(page, f"start-{scheme}")
    assert contrast(ink, ground) > 7


def test_a_page_fits_a_phone(page: Page):
    page.set_viewport_size({"width": 360, "height": 640})
    screenshot(page, "phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_role("button", name="Send").is_visible()


def test_nothing_comes_from_another_host(chromium: BrowserContext, address: str, server: OllamaServer):
    server.reply("GET", "/api/tags", Json({"models": []}))
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/index.html?host={server.url}")
    page.get_by_text("The server has no model yet").wait_for()
    page.close()

    hosts = {urlsplit(url).hostname for url in asked if not url.startswith("data:")}
    assert hosts == {"127.0.0.1"}


async def ask(url: str) -> str:
    from ollama_sdk.overlay import AsyncOllama, ConnectError

    try:
        await AsyncOllama(url, max_retries=0).version()
    except ConnectError as error:
        return str(error)
    return ""


def test_a_page_that_the_server_does_not_allow_is_told_how_to_allow_it(
    chromium: BrowserContext, address: str, server: OllamaServer
):
    page = chromium.new_page()
    elsewhere = address.replace("127.0.0.1", "app.example")
    page.goto(f"{elsewhere}/index.html?host={server.url}")
    page.get_by_text("CORS").wait_for()
    message = InPage(page)(ask, server.url)
    page.close()

    assert f"OLLAMA_ORIGINS={elsewhere}" in message
    assert "fetch" in message


def contrast(*colors: str) -> float:
    """The ratio of WCAG of two colours, such as `rgb(0, 0, 0)`."""

    def luminance(color: str) -> float:
        parts = [int(part) / 255 for part in color.strip("rgb()").split(",")]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, colors))
    return (high + 0.05) / (low + 0.05)
