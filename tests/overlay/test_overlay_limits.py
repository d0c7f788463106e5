"""deadline= and stall_timeout=: limits in time that span more than one wait."""

from __future__ import annotations

import math
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api, background
from overlay.limits import assert_no_alarm_is_left, in_time, with_a_limit
from overlay.scripts import (
    HI,
    NDJSON,
    all_transports,
    assert_usable,
    chat_line,
    done_line,
    streamed_or_not,
)

from ollama_sdk.overlay import AbortError, Ollama, OllamaError, OllamaTimeoutError, RequestError
from ollama_sdk.overlay.testing import Gate, Json, Line, Never, OllamaServer, Pause, Reply, Send, Start, Wait, answer


def assert_over(error: BaseException | None, phase: str, limit: float) -> None:
    """The error is the one of a limit."""
    assert isinstance(error, OllamaTimeoutError)
    assert (error.phase, error.limit) == (phase, limit)
    assert f"{limit:g} seconds" in str(error)
    assert ("deadline=" if phase == "deadline" else "stall_timeout=") in str(error)


# The deadline, in every phase


@all_transports
@streamed_or_not
@with_a_limit
def test_a_deadline_ends_the_wait_for_headers(api: Api, server: OllamaServer, stream: bool, limit: float):
    assert_usable(api, server)  # the first request takes longer
    server.reply("POST", "/api/chat", Never())

    with pytest.raises(OllamaTimeoutError) as caught:
        api.chat("m", HI, stream=stream, deadline=limit)

    assert_over(caught.value, "deadline", limit)
    with in_time():
        assert len(server.requests) == 2
    assert server.wait_for_disconnect()
    assert_usable(api, server)
    assert_no_alarm_is_left()


@all_transports
@with_a_limit
def test_a_deadline_ends_a_stream_that_never_pauses(api: Api, server: OllamaServer, limit: float):
    lines = [step for _ in range(1000) for step in (chat_line("a"), Pause(limit / 30))]
    server.reply("POST", "/api/chat", *lines, Never())

    with in_time():
        pieces, error = api.chat_stream(deadline=limit).collect()
        assert pieces

    assert_over(error, "deadline", limit)
    # A line that arrived together with the end of the time was not given any more.
    assert len(error.partial.message.content) - len(pieces) in (0, 1)  # type: ignore[union-attr]  # it has one
    assert server.wait_for_disconnect()


@all_transports
@with_a_limit
def test_a_deadline_ends_the_reading_of_a_whole_answer(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", Send(b'{"message":'), Never(), headers={"Content-Type": "application/json"})

    with pytest.raises(OllamaTimeoutError) as caught:
        api.chat_whole(deadline=limit)

    assert_over(caught.value, "deadline", limit)
    with in_time():
        assert len(server.requests) == 1
    assert server.wait_for_disconnect()


@all_transports
@with_a_limit
def test_a_deadline_spans_retries_and_the_waits_between_them(
    make_api: Callable[..., Api], server: OllamaServer, limit: float
):
    server.reply("POST", "/api/chat", Json({"error": "busy"}), status=503, headers={"Retry-After": "50"})

    with pytest.raises(OllamaTimeoutError) as caught:
        make_api(max_retries=2).chat_whole(deadline=limit, extra_headers={"X-Limit": str(limit)})

    assert_over(caught.value, "deadline", limit)
    # That of a shorter limit, which was too short, may come only now.
    requests = [request for request in server.requests if request.headers["x-limit"] == str(limit)]
    with in_time():
        assert requests
    assert len(requests) == 1


@with_a_limit
def test_a_deadline_spans_redirects(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", Reply(status=307, headers={"Location": "/moved"}))
    server.reply("POST", "/moved", Never())

    with pytest.raises(OllamaTimeoutError) as caught:
        api.chat_whole(deadline=limit)

    assert_over(caught.value, "deadline", limit)
    with in_time():
        assert [request.path for request in server.requests] == ["/api/chat", "/moved"]


@with_a_limit
def test_a_deadline_that_passes_while_nobody_reads_ends_the_stream(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    with in_time():
        stream = api.chat_stream(deadline=limit)
        stream.next()

    assert server.wait_for_disconnect()

    assert_over(stream.collect()[1], "deadline", limit)


@all_transports
def test_an_answer_within_its_limits_is_whole_and_leaves_no_thread(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))

    assert api.chat_stream(deadline=PATIENCE, stall_timeout=PATIENCE).final().done
    assert_no_alarm_is_left()


@with_a_limit
def test_a_deadline_spans_the_uploads_of_create(api: Api, server: OllamaServer, tmp_path: Path, limit: float):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    server.reply("HEAD", "/api/blobs/*", status=404)
    server.reply("POST", "/api/blobs/*", Never())

    with pytest.raises(OllamaTimeoutError) as caught:
        api.create("m", files={"model.gguf": file}, deadline=limit)

    assert_over(caught.value, "deadline", limit)
    with in_time():
        assert [request.method for request in server.requests] == ["HEAD", "POST"]


@streamed_or_not
@with_a_limit
def test_a_deadline_spans_the_rounds_of_run_tools(api: Api, server: OllamaServer, stream: bool, limit: float):
    call = {"function": {"name": "look", "arguments": {}}}
    asked = {"message": {"role": "assistant", "tool_calls": [call]}, "done": True}
    server.queue("POST", "/api/chat", Line(asked) if stream else Json(asked))
    server.queue("POST", "/api/chat", Never())

    def look() -> str:
        """Look."""
        return "nothing"

    with pytest.raises(OllamaTimeoutError) as caught:
        api.run_tools("m", HI, tools=[look], deadline=limit, stream=stream).final()  # without a stream the call raises

    assert_over(caught.value, "deadline", limit)
    with in_time():
        assert len(server.requests) == 2


def test_the_deadline_of_a_client_holds_for_each_of_its_calls(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Never())
    limited = api.with_options(deadline=0.1)

    for _ in range(2):
        with pytest.raises(OllamaTimeoutError) as caught:
            limited.chat_whole()
        assert_over(caught.value, "deadline", 0.1)


def test_an_abort_before_the_deadline_is_an_abort(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Never())
    future = background(lambda: api.chat_whole(deadline=PATIENCE))
    assert server.wait_for_requests()

    api.client.abort()

    assert isinstance(future.exception(PATIENCE), AbortError)
    assert_no_alarm_is_left()


def test_a_nearer_deadline_that_comes_later_is_kept(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Never())
    far = background(lambda: api.chat_whole(deadline=PATIENCE * 10))
    assert server.wait_for_requests()

    with pytest.raises(OllamaTimeoutError) as caught:
        api.chat_whole(deadline=0.1)

    assert_over(caught.value, "deadline", 0.1)
    api.client.abort()
    assert far.exception(PATIENCE) is not None


def test_many_calls_with_deadlines_share_one_thread(api: Api, server: OllamaServer):
    assert_no_alarm_is_left()  # of the test before
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate), answer("/api/chat", stream=False).steps[0])
    calls = [background(lambda: api.chat_whole(deadline=PATIENCE)) for _ in range(10)]
    assert server.wait_for_requests(10)

    assert sum(thread.name == "ollama-sdk-limits" for thread in threading.enumerate()) == 1

    gate.open()
    assert all(call.result(PATIENCE).done for call in calls)
    assert_no_alarm_is_left()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("kind", ["sync"])
def test_a_forked_child_has_deadlines_of_its_own(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    stream = api.chat_stream(deadline=PATIENCE)
    stream.next()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Ollama(server.url).chat("m", [], deadline=0.1)
        except OllamaTimeoutError:
            try:
                api.client.chat("m", [], deadline=0.1)
            except OllamaTimeoutError:
                code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert stream.stream.partial.message.content == "a"
    stream.close()


def test_a_client_with_a_deadline_is_pickled(api: Api):
    limited = api.client.with_options(deadline=5)

    assert pickle.loads(pickle.dumps(limited))._options.deadline == 5.0  # of our own making


LIFTED = 0.05  # seconds: a limit that runs out unless it is lifted


def test_an_infinite_deadline_lifts_that_of_the_client_for_one_call(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Pause(2 * LIFTED), chat_line("a"), done_line())
    limited = api.with_options(deadline=LIFTED)

    assert limited.chat_stream(deadline=math.inf).final().message.content == "a"
    with pytest.raises(OllamaTimeoutError):
        limited.chat_stream().final()


def test_an_infinite_deadline_lifts_that_of_the_client_for_a_copy(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Pause(2 * LIFTED), chat_line("a"), done_line())

    lifted = api.with_options(deadline=LIFTED).with_options(deadline=math.inf)

    assert lifted.chat_stream().final().message.content == "a"


def test_an_infinite_deadline_lifts_that_of_the_client_for_a_call_of_several_requests(api: Api, server: OllamaServer):
    server.reply("POST", "/api/embed", Pause(LIFTED), Json({"embeddings": [[1.0]]}))
    limited = api.with_options(deadline=LIFTED)

    response = limited.embed("m", ["a", "b"], batch_size=1, max_concurrency=1, deadline=math.inf)

    assert list(response.embeddings) == [[1.0], [1.0]]


def test_a_client_whose_deadline_was_lifted_is_pickled(api: Api):
    lifted = api.client.with_options(deadline=5).with_options(deadline=math.inf)

    assert pickle.loads(pickle.dumps(lifted))._options.deadline == math.inf  # of our own making


# Stalls


@all_transports
@with_a_limit
def test_a_stream_without_a_new_line_has_stalled(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", chat_line("a"), Never())

    with in_time():
        pieces, error = api.chat_stream(stall_timeout=limit).collect()
        assert len(pieces) == 1

    assert_over(error, "stall", limit)
    assert error.partial.message.content == "a"  # type: ignore[union-attr]  # it has one
    assert server.wait_for_disconnect()
    assert_usable(api, server)
    assert_no_alarm_is_left()


def test_bytes_that_make_no_line_are_no_progress(api: Api, server: OllamaServer):
    drip = [step for _ in range(1000) for step in (Send(b"x"), Pause(0.01))]
    server.reply("POST", "/api/chat", Send(b'{"message": {"content": "'), *drip, Never(), headers=NDJSON)

    _, error = api.chat_stream(stall_timeout=0.1).collect()

    assert_over(error, "stall", 0.1)


@with_a_limit
def test_lines_that_keep_coming_are_no_stall(api: Api, server: OllamaServer, limit: float):
    lines = [step for _ in range(20) for step in (chat_line("a"), Pause(limit / 10))]
    server.reply("POST", "/api/chat", *lines, done_line())

    with in_time():
        whole = api.chat_stream(stall_timeout=limit).final()

    assert whole.message.content == "a" * 20


@with_a_limit
def test_the_time_that_the_consumer_takes_is_no_stall(api: Api, server: OllamaServer, limit: float):
    gate = Gate()
    server.reply("POST", "/api/chat", chat_line("a"), Wait(gate), chat_line("b"), done_line())
    server.reply("POST", "/api/generate", Never())
    with in_time():
        stream = api.chat_stream(stall_timeout=limit)
        stream.next()
    with pytest.raises(OllamaTimeoutError):  # an alarm of the stream would have rung before
        api.generate("m", "?", deadline=2 * limit)
    with in_time():
        gate.open()
        whole = stream.final()

    assert whole.message.content == "ab"


@all_transports
@pytest.mark.parametrize("operation", ["pull", "push", "create"])
def test_lines_of_progress_without_other_figures_are_a_stall(api: Api, server: OllamaServer, operation: str):
    figures: dict[str, Any] = {"status": "pulling a", "digest": "sha256:a", "total": 100}
    repeated = [step for _ in range(1000) for step in (Line({**figures, "completed": 2}), Pause(0.01))]
    server.reply("POST", f"/api/{operation}", Line({**figures, "completed": 1}), *repeated, Never(), headers=NDJSON)
    more = {"from_": "n"} if operation == "create" else {}

    _, error = getattr(api, operation)("m", stream=True, stall_timeout=0.1, **more).collect()

    assert_over(error, "stall", 0.1)
    assert server.wait_for_disconnect()


def test_a_pull_that_is_not_streamed_to_the_caller_is_watched_too(api: Api, server: OllamaServer):
    server.reply("POST", "/api/pull", Line({"status": "pulling a"}), Never(), headers=NDJSON)

    with pytest.raises(OllamaTimeoutError) as caught:
        api.pull("m", stall_timeout=0.1)

    assert_over(caught.value, "stall", 0.1)


@with_a_limit
def test_the_wait_for_an_answer_to_begin_is_no_stall(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", Pause(2 * limit), Start(), chat_line("a"), done_line())

    with in_time():
        whole = api.chat_stream(stall_timeout=limit).final()

    assert whole.message.content == "a"


# Bad values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("timeout", "deadline", "stall_timeout")
        for value in (0, -1, math.nan, math.inf, -math.inf, True, "5")
        if (name, value) != ("deadline", math.inf)
    ],
)
def test_a_limit_that_is_no_positive_number_is_refused_before_anything_is_sent(
    api: Api, server: OllamaServer, name: str, value: object
):
    with pytest.raises(RequestError, match=f"{name} must be a positive number"):
        api.chat("m", HI, stream=True, **{name: value})
    if name != "stall_timeout":
        with pytest.raises(RequestError, match=f"{name} must be a positive number"):
            api.with_options(**{name: value})
    assert server.requests == []


@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf])
def test_an_httpx_timeout_with_such_a_limit_is_refused_too(api: Api, server: OllamaServer, value: float):
    with pytest.raises(RequestError, match="timeout: read must be a positive number"):
        api.version(timeout=httpx.Timeout(5.0, read=value))
    assert server.requests == []


def test_a_stall_of_an_answer_that_is_not_streamed_cannot_be_seen(api: Api, server: OllamaServer):
    with pytest.raises(RequestError, match=r"stream=True.*deadline="):
        api.chat("m", HI, stall_timeout=5)
    assert server.requests == []


@all_transports
@pytest.mark.parametrize("limit", [{"deadline": 0.2}, {"stall_timeout": 0.2}])
def test_a_thread_that_cannot_be_started_fails_that_call_alone(
    api: Api, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, limit: dict[str, float]
):
    start_thread = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "ollama-sdk-limits":
            raise RuntimeError("can't start new thread")
        start_thread(thread)

    server.reply("POST", "/api/chat", chat_line("a"), Never())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(OllamaError, match="can't start new thread"):
            api.chat_stream(**limit)
    assert not len(api.client._sender.calls)
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    with pytest.raises(OllamaTimeoutError):  # which the call itself raises where the machine is slow
        api.chat_stream(**limit).final()
