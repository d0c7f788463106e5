"""A chat in a page: streaming, a button that stops the answer, a list of models, a picture for the model.

The address of the server is the `host` of the page's own address: `index.html?host=http://localhost:11434`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from js import URLSearchParams, document, location
from pyodide.ffi import create_proxy

from ollama_sdk.overlay import AbortError, AsyncOllama, OllamaError

client = AsyncOllama(URLSearchParams.new(location.search).get("host") or "http://localhost:11434")
messages: list[dict[str, object]] = []  # the conversation so far
tasks: set[asyncio.Future[None]] = set()  # that write an answer into the page

form, prompt, picture, model, log, status, send, stop = (
    document.getElementById(name)
    for name in ("form", "prompt", "picture", "model", "messages", "status", "send", "stop")
)


def show(who: str, text: str) -> Any:
    """Add a message to the page, and return the element of its text."""
    article, title, content = (document.createElement(tag) for tag in ("article", "h2", "div"))
    title.textContent, content.textContent = who, text
    article.append(title, content)
    log.append(article)
    log.scrollTop = log.scrollHeight
    return content


async def ask() -> None:
    """Send the message of the form, and write the answer into the page as it arrives."""
    question: dict[str, object] = {"role": "user", "content": prompt.value}
    show("You", prompt.value)
    if picture.files.length:
        question["images"] = [(await picture.files.item(0).arrayBuffer()).to_bytes()]
    messages.append(question)
    form.reset()
    send.disabled, stop.disabled, status.textContent = True, False, "The model is thinking …"
    content, text = show(model.value, ""), ""
    try:
        answer = await client.chat(model.value, messages, stream=True)
        async for piece in answer.text:
            text += piece
            status.textContent = "The model is writing …"
            content.textContent = text
            log.scrollTop = log.scrollHeight
        whole = await answer.final()
        rate = f", {whole.tokens_per_second:.0f} a second" if whole.tokens_per_second else ""
        status.textContent = f"{whole.eval_count} tokens{rate}"
    except AbortError:
        status.textContent = "Stopped"
    except OllamaError as error:
        status.textContent = str(error)
    messages.append({"role": "assistant", "content": text})
    send.disabled, stop.disabled = False, True
    prompt.focus()


def submit(event: Any) -> None:
    """Ask in a task of its own, since the page wants to know at once that it must not load anew."""
    event.preventDefault()
    tasks.add(task := asyncio.ensure_future(ask()))
    task.add_done_callback(tasks.discard)


def end(event: Any) -> None:
    """Stop the answer: the server stops generating at once."""
    client.abort()


async def start() -> None:
    """Fill the list of models; main.mjs calls it."""
    try:
        for found in (await client.list()).models:
            option = document.createElement("option")
            option.textContent = found.model
            model.append(option)
    except OllamaError as error:
        status.textContent = str(error)
        return
    model.disabled = send.disabled = False
    status.textContent = "Ready" if model.options.length else "The server has no model yet: ollama pull llama3.2"
    prompt.focus()


def submit_on_enter(event: Any) -> None:
    """Let Enter send and Shift+Enter begin a new line."""
    if event.key == "Enter" and not event.shiftKey and not send.disabled:
        event.preventDefault()
        form.requestSubmit()


form.addEventListener("submit", create_proxy(submit))
stop.addEventListener("click", create_proxy(end))
prompt.addEventListener("keydown", create_proxy(submit_on_enter))
