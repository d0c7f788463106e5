"""The application of FastAPI: it streams, stops what nobody waits for, has a limit, and tells how it is."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any

import pytest
from examples.programs import PATIENCE, running

from ollama_sdk.overlay.testing import Cut, Gate, Json, Line, Never, OllamaServer, Wait, answer

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

CHAT = ("POST", "/api/chat")
QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]
FIRST = Line({"message": {"role": "assistant", "content": "Once"}, "done": False})


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[OllamaServer, int]]:
    """The application, once for all tests, and the Ollama that it asks."""
    with OllamaServer() as server, running("fastapi_app.py", 0, host=server.url) as program:
        assert program.process.stderr is not None
        for line in program.process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                yield server, int(found[1])
                return
        raise AssertionError("the application did not start")


@pytest.fixture
def server(served: tuple[OllamaServer, int]) -> OllamaServer:
    """The Ollama of the application, with nothing left of other tests."""
    served[0].clear()
    return served[0]


class Client:
    """A connection to the application."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def ask(self) -> None:
        """Send a question, and wait for nothing."""
        body = json.dumps(QUESTION)
        self.connection.request("POST", "/chat", body, {"Content-Type": "application/json"})

    def answer(self) -> HTTPResponse:
        """Send a question; return the response once it has begun."""
        self.ask()
        return self.connection.getresponse()

    def health(self) -> tuple[int, Any]:
        """Return the status of the route of health, and what it tells."""
        self.connection.request("GET", "/health")
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture
def client(served: tuple[OllamaServer, int]) -> Iterator[Client]:
    with Client(served[1]) as client:
        yield client


def wait_until_nothing_is_written(server: OllamaServer, client: Client) -> None:
    server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
    end = time.monotonic() + PATIENCE
    while client.health()[1]["answering"]:
        assert time.monotonic() < end, "a place was not given back"


def test_the_text_comes_while_it_is_written(server: OllamaServer, client: Client) -> None:
    gate = Gate()
    server.queue(*CHAT, FIRST, Wait(gate), *answer("/api/chat", [" upon"]).steps)
    response = client.answer()
    assert (response.status, response.read1()) == (200, b"Once")
    gate.open()
    assert response.read() == b" upon"
    assert server.requests[-1].json["messages"] == QUESTION


@pytest.mark.parametrize("steps", [[Never()], [FIRST, Never()]], ids=["loads", "writes"])
def test_a_client_that_leaves_stops_the_generation(
    server: OllamaServer, client: Client, served: tuple[OllamaServer, int], steps: list[Any]
) -> None:
    server.queue(*CHAT, *steps)
    with Client(served[1]) as leaving:
        if FIRST in steps:
            assert leaving.answer().read1() == b"Once"
        else:
            leaving.ask()
            assert server.wait_for_requests(1)
    assert server.wait_for_disconnect()
    wait_until_nothing_is_written(server, client)


def test_one_client_too_many_is_told_to_come_later(
    server: OllamaServer, client: Client, served: tuple[OllamaServer, int]
) -> None:
    gate = Gate()
    server.reply(*CHAT, FIRST, Wait(gate), *answer("/api/chat", [" upon"]).steps)
    server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
    with ExitStack() as stack:
        responses = [stack.enter_context(Client(served[1])).answer() for _ in range(4)]
        assert [response.read1() for response in responses] == [b"Once"] * 4
        assert client.health() == (200, {"ollama": "0.12.6", "answering": 4, "limit": 4})
        refused = client.answer()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert json.loads(refused.read()) == {"detail": "4 answers are being written; try again later"}
        gate.open()
        assert [response.read() for response in responses] == [b" upon"] * 4
    wait_until_nothing_is_written(server, client)
    assert client.answer().read() == b"Once upon"


def test_the_route_of_health_fails_when_ollama_does(server: OllamaServer, client: Client) -> None:
    server.reply("GET", "/api/version", Cut())
    status, told = client.health()
    assert status == 502
    assert "closed the connection" in told["detail"]


def test_a_failure_before_the_first_piece_has_a_status(server: OllamaServer, client: Client) -> None:
    server.queue(*CHAT, Json({"error": "model 'llama3.2' not found"}), status=404)
    response = client.answer()
    assert response.status == 502
    assert json.loads(response.read())["detail"].startswith("model 'llama3.2' not found")


def test_a_failure_in_the_middle_cuts_the_answer(server: OllamaServer, client: Client) -> None:
    server.queue(*CHAT, FIRST, Line({"error": "llama runner process has terminated"}))
    response = client.answer()
    with pytest.raises(IncompleteRead):
        response.read()


def test_what_is_no_conversation_is_refused(server: OllamaServer, client: Client) -> None:
    client.connection.request("POST", "/chat", "[{}]", {"Content-Type": "application/json"})
    response = client.connection.getresponse()
    assert (response.status, b"role" in response.read()) == (422, True)
    assert server.requests == []
