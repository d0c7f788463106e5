"""The test server replays recordings."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import httpx
import pytest

from ollama_sdk.overlay.testing import OllamaServer, Pause, Recording, load_recordings

FOLDER = Path(__file__).parent.parent / "data" / "recordings"
RECORDINGS = load_recordings(FOLDER)


def one(name: str) -> Recording:
    return Recording.load(FOLDER / f"{name}.json")


def send(client: httpx.Client, recording: Recording) -> httpx.Response:
    body = recording.request_body
    headers = dict(recording.request_headers)
    if isinstance(body, str):
        size = int(body.removeprefix("<").split()[0])
        return client.request(recording.method, recording.path, headers=headers, content=b"x" * size)
    return client.request(recording.method, recording.path, headers=headers, json=body)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_a_recorded_request_gets_its_recorded_answer(recording: Recording) -> None:
    with OllamaServer([recording]) as server, httpx.Client(base_url=server.url) as client:
        response = send(client, recording)
    assert response.status_code == recording.status
    assert response.reason_phrase == recording.reason
    assert response.content == recording.body
    assert ("content-type" in response.headers) == any(name == "Content-Type" for name, _ in recording.headers)


def test_the_whole_folder_answers_every_recorded_request() -> None:
    with OllamaServer(FOLDER) as server, httpx.Client(base_url=server.url) as client:
        for recording in RECORDINGS:
            assert send(client, recording).content == recording.body, recording.name


def test_each_recorded_chunk_is_one_http_chunk() -> None:
    recording = one("chat_stream")
    with OllamaServer([recording]) as server, httpx.Client(base_url=server.url) as client:
        response = send(client, recording)
        assert response.headers["transfer-encoding"] == "chunked"
    assert response.text.splitlines() == [chunk.text.rstrip("\n") for chunk in recording.chunks]


def test_a_recorded_body_without_a_length_ends_with_the_connection() -> None:
    recording = replace(one("version_get"), headers=(("Content-Type", "application/json"),))
    with OllamaServer([recording]) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/api/version").content == recording.body


def test_the_recorded_pace_is_kept_when_asked_for() -> None:
    recording = one("chat_stream")
    pauses = [step.seconds for step in recording.reply(pace=True).steps if isinstance(step, Pause)]
    assert list(accumulate(pauses)) == pytest.approx([chunk.milliseconds / 1000 for chunk in recording.chunks])
    assert not [step for step in recording.reply().steps if isinstance(step, Pause)]


def test_a_server_that_keeps_the_pace_gives_the_same_answer() -> None:
    recording = one("chat_think_unsupported")
    with OllamaServer([recording], pace=True) as server, httpx.Client(base_url=server.url) as client:
        assert send(client, recording).content == recording.body


def test_another_body_gets_a_successful_answer_of_the_same_route() -> None:
    with OllamaServer(FOLDER) as server:
        streamed = httpx.post(server.url + "/api/chat", json={"model": "other", "messages": []})
        whole = httpx.post(server.url + "/api/chat", json={"model": "other", "messages": [], "stream": False})
    assert streamed.headers["content-type"] == "application/x-ndjson"
    assert whole.json()["done"] is True


def test_equal_requests_play_their_recordings_in_order_and_repeat_the_last() -> None:
    with OllamaServer([one("ps_empty"), one("ps_one_loaded")]) as server, httpx.Client(base_url=server.url) as client:
        counts = [len(client.get("/api/ps").json()["models"]) for _ in range(3)]
    assert counts == [0, 1, 1]


def test_a_recording_with_a_special_header_answers_only_requests_that_send_it() -> None:
    with OllamaServer([one("cors_forbidden"), one("tags_get")]) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/api/tags").status_code == 200
        assert client.get("/api/tags", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_wrong_method_of_a_recorded_path_is_405_and_an_unknown_path_404() -> None:
    with OllamaServer([one("chat_stream")]) as server, httpx.Client(base_url=server.url) as client:
        wrong = client.get("/api/chat")
        unknown = client.get("/api/other")
    assert (wrong.status_code, wrong.headers["allow"], wrong.text) == (405, "POST", "405 method not allowed")
    assert (unknown.status_code, unknown.text) == (404, "404 page not found")


def test_a_file_that_is_no_recording_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text('{"name": "odd"}')
    with pytest.raises(ValueError, match=r"odd\.json is not a recording"):
        Recording.load(path)


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no recordings"):
        OllamaServer(tmp_path)
