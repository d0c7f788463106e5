"""The test server plays scripted answers and faults."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import httpx
import pytest

from ollama_sdk.overlay.testing import (
    FAULTS,
    Cut,
    Drip,
    Gate,
    Json,
    Line,
    Never,
    OllamaServer,
    Raw,
    Received,
    Reply,
    Send,
    Start,
    Wait,
    answer,
    answer_lines,
)


def test_steps_become_the_body() -> None:
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Line({"a": "ä"}), Drip(b'{"b":2}\n'), Send(b"end"))
        response = httpx.post(server.url + "/api/chat")
    assert response.content == '{"a":"ä"}\n{"b":2}\nend'.encode()
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["transfer-encoding"] == "chunked"


def test_one_json_step_has_a_content_length() -> None:
    with OllamaServer() as server:
        server.reply("GET", "/api/version", Json({"version": "1"}), status=203, headers={"X-Own": "yes"})
        response = httpx.get(server.url + "/api/version")
    assert response.json() == {"version": "1"}
    assert response.status_code == 203
    assert response.headers["content-length"] == "15"
    assert response.headers["x-own"] == "yes"


def test_queued_answers_are_played_in_order_before_the_standing_one() -> None:
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        server.reply("GET", "/", Send(b"standing"))
        server.queue("GET", "/", Send(b"first"))
        server.queue("GET", "/", Send(b"second"))
        assert [client.get("/").text for _ in range(4)] == ["first", "second", "standing", "standing"]


def test_the_newest_matching_reply_wins_and_paths_take_wildcards() -> None:
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        server.reply("*", "/api/blobs/*", status=200)
        server.reply("HEAD", "/api/blobs/sha256:00", status=404)
        assert client.head("/api/blobs/sha256:00").status_code == 404
        assert client.head("/api/blobs/sha256:11").status_code == 200


def test_a_function_makes_the_reply_from_the_request() -> None:
    def echo(received: Received) -> Reply:
        return Reply(Json({"said": received.json["say"]}))

    with OllamaServer() as server:
        server.reply("POST", "/echo", echo)
        assert httpx.post(server.url + "/echo", json={"say": "hi"}).json() == {"said": "hi"}


def test_a_function_may_return_a_step_alone() -> None:
    with OllamaServer() as server:
        server.reply("POST", "/x", lambda received: Json({"got": received.json}))
        assert httpx.post(f"{server.url}/x", json=1).json() == {"got": 1}


def test_the_request_is_recorded_as_it_came() -> None:
    with OllamaServer() as server:
        httpx.post(server.url + "/api/chat?x=1", json={"model": "m"}, headers={"X-Own": "yes"})
        (received,) = server.requests
    assert (received.method, received.path, received.query) == ("POST", "/api/chat", "x=1")
    assert received.headers["x-OWN"] == "yes"
    assert received.json == {"model": "m"}
    assert json.loads(received.body) == {"model": "m"}


def test_a_gate_holds_the_answer_until_it_is_opened() -> None:
    gate = Gate()
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        server.reply("POST", "/api/chat", Line({"n": 1}), Wait(gate), Line({"n": 2}))
        with client.stream("POST", "/api/chat") as response:
            lines = response.iter_lines()
            assert next(lines) == '{"n":1}'
            assert gate.wait_until_reached()
            gate.open()
            assert next(lines) == '{"n":2}'


def test_an_event_can_be_waited_for_like_a_gate() -> None:
    event = threading.Event()
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        server.reply("POST", "/api/chat", Start(), Wait(event), Line({"n": 1}))
        with client.stream("POST", "/api/chat") as response:
            event.set()
            assert list(response.iter_lines()) == ['{"n":1}']


def test_a_gate_that_no_one_opens_is_a_failure_of_the_test() -> None:
    def use_the_server() -> None:
        with OllamaServer() as server:
            server.reply("POST", "/api/chat", Start(), Wait(Gate(), timeout=0.01))
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.post(server.url + "/api/chat")

    with pytest.raises(TimeoutError, match="no one opened the gate of POST /api/chat"):
        use_the_server()


def test_a_function_that_fails_is_told_to_the_client_and_to_the_test() -> None:
    def broken(received: Received) -> Reply:
        raise ZeroDivisionError(received.path)

    def use_the_server() -> None:
        with OllamaServer() as server:
            server.reply("GET", "/broken", broken)
            assert httpx.get(server.url + "/broken").status_code == 500

    with pytest.raises(ZeroDivisionError, match="/broken"):
        use_the_server()


def test_a_client_that_leaves_before_the_headers_is_seen() -> None:
    gate = Gate()
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Wait(gate))
        with socket.create_connection((server.host, server.port)) as client:
            client.sendall(b"POST /api/chat HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            assert gate.wait_until_reached()
            assert server.disconnects == []
        assert server.wait_for_disconnect()
        assert [received.path for received in server.disconnects] == ["/api/chat"]
        assert server.wait_for_connections(0)


def test_a_client_that_leaves_in_the_middle_of_a_stream_is_seen() -> None:
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Line({"n": 1}), Never())
        with httpx.stream("POST", server.url + "/api/chat") as response:
            lines = response.iter_lines()  # Kept, because dropping it closes the response.
            assert next(lines) == '{"n":1}'
            assert server.open_connections == 1
        assert server.wait_for_disconnect()


def test_a_client_that_stops_reading_and_leaves_is_seen() -> None:
    with OllamaServer() as server:
        server.reply("GET", "/", *[Send(b"x" * 1_000_000)] * 64)
        with socket.create_connection((server.host, server.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert client.recv(1) == b"H"
        assert server.wait_for_disconnect()


def test_a_client_that_leaves_after_its_answer_is_no_disconnect() -> None:
    with OllamaServer() as server:
        assert httpx.get(server.url).text == "Ollama is running"
        assert server.wait_for_connections(0)
        assert server.disconnects == []


def test_raw_bytes_replace_the_http_framing() -> None:
    with OllamaServer() as server, socket.create_connection((server.host, server.port)) as client:
        server.reply("GET", "/", Raw(b"nonsense\r\n"))
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with client.makefile("rb") as reader:
            assert reader.read() == b"nonsense\r\n"


def test_an_answer_that_is_none_is_told_when_it_is_given() -> None:
    body: Any = {"version": "0.12.6"}
    with pytest.raises(TypeError, match="not dict; a body of JSON is given as Json"):
        OllamaServer().reply("GET", "/api/version", body)


def test_steps_and_replies_cannot_be_mixed() -> None:
    server = OllamaServer()
    with pytest.raises(TypeError, match="cannot be mixed"):
        server.reply("GET", "/", Reply(), Cut())
    with pytest.raises(TypeError, match="brings its own"):
        server.reply("GET", "/", Reply(), status=404)


def test_clear_forgets_scripts_and_requests() -> None:
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        server.reply("GET", "/", Send(b"scripted"))
        client.get("/")
        server.clear()
        assert server.requests == []
        assert client.get("/").text == "Ollama is running"


CUT = ["cut_before_headers", "cut_after_headers", "cut_mid_line", "cut_mid_character", "short_body"]
RESET = ["reset_before_headers", "reset_mid_stream"]
HEALTHY = ["slow_drip", "ten_megabyte_line", "wrong_content_type", "gzip_stream", "blank_lines"]
STATUS = {"html_error_page": 502, "redirect_307": 307, "redirect_302": 302, "status_503_with_retry_after": 503}
ENDS_EARLY = ["html_with_200", "error_line", "missing_done", "empty_body_200", "not_json_line"]


def test_every_fault_is_tested_here() -> None:
    assert sorted([*CUT, *RESET, *HEALTHY, *STATUS, *ENDS_EARLY]) == sorted(FAULTS)


def test_a_fault_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with OllamaServer() as server, pytest.raises(KeyError, match=r"no fault 'cut'; there are cut_before_headers, "):
        server.fault("POST", "/api/chat", "cut")


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
@pytest.mark.parametrize("name", CUT)
def test_a_cut_connection_ends_before_the_response_is_complete(name: str, path: str) -> None:
    with OllamaServer() as server:
        server.fault("POST", path, name)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(server.url + path)


@pytest.mark.parametrize("name", RESET)
def test_a_reset_connection_fails_the_read(name: str) -> None:
    with OllamaServer() as server:
        server.fault("POST", "/api/chat", name)
        with pytest.raises(httpx.ReadError):
            httpx.post(server.url + "/api/chat")


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/pull"])
@pytest.mark.parametrize("name", HEALTHY)
def test_a_stream_that_is_only_odd_arrives_whole(name: str, path: str) -> None:
    with OllamaServer() as server:
        server.fault("POST", path, name)
        response = httpx.post(server.url + path)
    lines = [json.loads(line) for line in response.text.split("\n") if line.strip()]
    assert lines[-1].get("done") or lines[-1] == {"status": "success"}
    if name not in ("ten_megabyte_line",):
        assert lines == answer_lines(path)


@pytest.mark.parametrize(("name", "status"), STATUS.items())
def test_a_fault_by_status_has_it(name: str, status: int) -> None:
    with OllamaServer() as server:
        server.fault("POST", "/api/chat", name)
        response = httpx.post(server.url + "/api/chat")
        assert response.status_code == status
        if response.is_redirect:
            followed = httpx.post(server.url + response.headers["location"])
            assert followed.content == httpx.post(server.url + "/redirected/api/chat").content


@pytest.mark.parametrize("name", ENDS_EARLY)
def test_a_fault_under_status_200_has_no_done_line(name: str) -> None:
    with OllamaServer() as server:
        server.fault("POST", "/api/chat", name)
        response = httpx.post(server.url + "/api/chat")
    assert response.status_code == 200
    assert '"done":true' not in response.text


def test_a_line_is_cut_inside_of_a_character() -> None:
    with OllamaServer() as server:
        server.fault("POST", "/api/chat", "cut_mid_character")
        data = bytearray()

        def read(response: httpx.Response) -> None:
            for chunk in response.iter_raw():
                data.extend(chunk)

        with httpx.stream("POST", server.url + "/api/chat") as response, pytest.raises(httpx.RemoteProtocolError):
            read(response)
    with pytest.raises(UnicodeDecodeError, match="unexpected end of data"):
        data.decode()


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_a_whole_answer_joins_the_texts_of_the_streamed_one(path: str) -> None:
    with OllamaServer() as server:
        server.reply("POST", path, answer(path, ["a", "b"], stream=False))
        whole = httpx.post(server.url + path).json()
    assert whole["done"] is True
    assert (whole["response"] if path == "/api/generate" else whole["message"]["content"]) == "ab"
