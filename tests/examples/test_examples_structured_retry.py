"""A structured answer that does not fit is asked for again, with the reason, and not for ever."""

from __future__ import annotations

import json

import pytest
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer, answer

CHAT = ("POST", "/api/chat")
RECEIPT = "Corner Shop\nBread 2.50\nMilk 1.20\nTotal 3.70\n"


def receipt(total: str, *, milk: str = "1.20") -> str:
    items = [{"name": "Bread", "price": "2.50"}, {"name": "Milk", "price": milk}]
    return json.dumps({"shop": "Corner Shop", "items": items, "total": total})


def queue(server: OllamaServer, *texts: str) -> None:
    for text in texts:
        server.queue(*CHAT, answer("/api/chat", [text], stream=False))


def test_an_answer_that_fits_is_asked_for_once(ollama_server: OllamaServer) -> None:
    queue(ollama_server, receipt("3.70"))
    done = run("structured_retry.py", host=ollama_server.url, given=RECEIPT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["      2.50  Bread", "      1.20  Milk", "      3.70  Corner Shop"]
    (asked,) = ollama_server.requests
    assert asked.json["messages"][0]["content"].endswith(RECEIPT)
    assert asked.json["format"]["required"] == ["shop", "items", "total"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        pytest.param(receipt("4.70"), "the prices of the items add up to 3.70, but total is 4.70", id="sum"),
        pytest.param(receipt("3.70", milk="a coin"), "`$.items[1].price`", id="type"),
        pytest.param('{"shop": "Corner', "it is not JSON", id="cut off"),
    ],
)
def test_the_model_is_told_what_was_wrong(ollama_server: OllamaServer, wrong: str, reason: str) -> None:
    queue(ollama_server, wrong, receipt("3.70"))
    done = run("structured_retry.py", host=ollama_server.url, given=RECEIPT)
    assert done.returncode == 0
    assert done.stderr.startswith("[asking again: ")
    _, answered, told = ollama_server.requests[1].json["messages"]
    assert answered == {"role": "assistant", "content": wrong}
    assert (told["role"], reason in told["content"]) == ("user", True)


def test_it_is_not_asked_for_ever(ollama_server: OllamaServer) -> None:
    queue(ollama_server, receipt("1"), receipt("2"), receipt("3"))
    done = run("structured_retry.py", host=ollama_server.url, given=RECEIPT)
    assert (done.returncode, len(ollama_server.requests)) == (1, 3)
    assert done.stderr.count("[asking again: ") == 2
    assert done.stderr.splitlines()[-1].startswith("structured_retry: the model's answer is not Receipt: the prices")


def test_another_failure_is_not_the_fault_of_the_model(ollama_server: OllamaServer) -> None:
    ollama_server.reply(*CHAT, Json({"error": "model 'llama3.2' not found"}), status=404)
    done = run("structured_retry.py", host=ollama_server.url, given=RECEIPT)
    assert (done.returncode, len(ollama_server.requests)) == (1, 1)
    assert done.stderr.startswith("structured_retry: model 'llama3.2' not found")
