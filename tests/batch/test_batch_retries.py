"""Which rows are tried again, how often, and where."""

from __future__ import annotations

from typing import Any

import pytest
from batch.conftest import Collect, MakeServer
from batch.server import ECHO, asked, echo, refusal, rows_of

from ollama_sdk.overlay import (
    ConnectError,
    IncompleteStreamError,
    NotFoundError,
    OllamaTimeoutError,
    ResponseError,
    ServerBusyError,
)
from ollama_sdk.overlay.batch import Host
from ollama_sdk.overlay.testing import FAULTS, Cut, Json, Never, OllamaServer, Received, Reply, Reset

PASSING = {"429": refusal(429), "500": refusal(500), "502": refusal(502), "503": refusal(503), "504": refusal(504)}
PASSING |= {"cut": Reply(Cut()), "reset": Reply(Reset()), "html": FAULTS["html_with_200"].reply("/api/generate")}
PASSING |= {"short": FAULTS["short_body"].reply("/api/generate")}


@pytest.mark.parametrize("fault", PASSING)
def test_what_may_pass_is_tried_again(collect: Collect, server: OllamaServer, fault: str):
    server.queue("POST", "/api/generate", PASSING[fault])

    (result,) = collect(["a"], ECHO, hosts=server.url)

    assert (result.value, result.attempts) == ("a", 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_cannot_succeed_is_not_tried_again(collect: Collect, server: OllamaServer, status: int):
    server.reply("POST", "/api/generate", refusal(status, "never"))

    (result,) = collect(["a"], ECHO, hosts=server.url)

    assert isinstance(result.error, ResponseError)
    assert (result.error.status_code, result.error.error) == (status, "never")
    assert len(rows_of(server)) == result.attempts == 1


@pytest.mark.parametrize(("fault", "kind"), [("503", ServerBusyError), ("short", IncompleteStreamError)])
def test_a_row_fails_after_its_last_attempt(collect: Collect, server: OllamaServer, fault: str, kind: type[Exception]):
    server.reply("POST", "/api/generate", PASSING[fault])

    (result,) = collect(["a"], ECHO, hosts=server.url, max_attempts=3)

    assert isinstance(result.error, kind)
    assert len(rows_of(server)) == result.attempts == 3


def test_a_deadline_of_a_row_is_not_tried_again_and_a_timeout_is(collect: Collect, server: OllamaServer):
    server.reply(
        "POST", "/api/generate", lambda received: Reply(Never()) if asked(received) == "slow" else echo(received)
    )
    server.queue("POST", "/api/generate", Never())

    (waited,) = collect(["quick"], {**ECHO, "timeout": 0.5}, hosts=server.url)
    (ended,) = collect(["slow"], {**ECHO, "deadline": 0.05}, hosts=server.url)

    assert waited.value == "quick"
    assert waited.attempts > 1  # two, unless the machine is so busy that the second takes too long as well
    assert isinstance(ended.error, OllamaTimeoutError)
    assert ended.attempts == 1


def test_the_client_given_to_a_function_does_not_try_again_by_itself(collect: Collect, server: OllamaServer):
    server.queue("POST", "/api/generate", refusal(503))

    async def work(client: Any, item: str) -> str:
        return (await client.generate("m", item)).response or ""

    (result,) = collect(["a"], work, hosts=server.url)

    assert (result.value, result.attempts) == ("a", 2)


def test_a_row_goes_to_another_host_the_second_time(collect: Collect, make_server: MakeServer):
    broken, sound = make_server(), make_server()
    broken.reply("POST", "/api/generate", refusal(500))

    results = collect(map(str, range(6)), ECHO, hosts=[broken.url, sound.url], ordered=True)

    assert [result.value for result in results] == [str(number) for number in range(6)]
    assert {result.host for result in results} == {sound.url}
    assert max(result.attempts for result in results) == 2


# Hosts that go away


def test_the_rows_of_a_host_that_dies_go_to_the_others_and_it_gets_work_again(
    collect: Collect, make_server: MakeServer
):
    one, two, three = (make_server() for _ in range(3))
    seen = {"before": 0, "after": 0}
    dead = False

    def dying(received: Received) -> Reply:
        nonlocal dead
        seen["after" if dead else "before"] += 1
        if seen["before"] == 5 and not dead:
            dead = True
            three.reply("GET", "/api/version", Reply(Cut()))
            three.reply("POST", "/api/generate", Reply(Cut()))
            return Reply(Cut())
        return echo(received)

    def other(received: Received) -> Reply:
        # The host is back once it was asked in vain whether it is.
        if dead and any(request.path == "/api/version" for request in three.requests):
            three.reply("GET", "/api/version", Json({"version": "1"}))
            three.reply("POST", "/api/generate", dying)
        return echo(received)

    three.reply("POST", "/api/generate", dying)
    for server in (one, two):
        server.reply("POST", "/api/generate", other)

    def items() -> Any:
        number = 0
        while seen["after"] < 5 and number < 100_000:
            number += 1
            yield str(number)

    results = collect(items(), ECHO, hosts=[Host(server.url, 2) for server in (one, two, three)])

    assert seen["after"] >= 5
    assert all(result.ok for result in results)
    assert len({result.item for result in results}) == len(results)


def test_a_row_does_not_fail_while_its_only_host_is_away(collect: Collect, server: OllamaServer):
    # As many questions are in vain as would be too many attempts.
    server.queue("POST", "/api/generate", Reply(Cut()))
    for _ in range(3):
        server.queue("GET", "/api/version", Reply(Cut()))

    (result,) = collect(["a"], ECHO, hosts=server.url, max_attempts=2)

    assert (result.value, result.attempts) == ("a", 2)


def test_a_run_ends_when_all_hosts_are_away_for_too_long(collect: Collect, server: OllamaServer):
    server.reply("POST", "/api/generate", Reply(Cut()))
    server.reply("GET", "/api/version", Reply(Cut()))

    with pytest.raises(ConnectError, match="no host can be used: http://127"):
        collect(["a"], ECHO, hosts=server.url, outage=0.3)


def test_no_host_that_answers_is_told_at_once_by_name(collect: Collect):
    with pytest.raises(ConnectError, match=r"127\.0\.0\.1:9: .*127\.0\.0\.1:1: "):
        collect(map(str, range(10)), ECHO, hosts=["127.0.0.1:9", "127.0.0.1:1"])


def test_a_host_that_is_away_from_the_beginning_is_done_without(collect: Collect, server: OllamaServer):
    results = collect(map(str, range(10)), ECHO, hosts=["127.0.0.1:9", server.url])

    assert {result.host for result in results} == {server.url}
    assert all(result.attempts == 1 for result in results)


# Models


def lacking(server: OllamaServer) -> OllamaServer:
    """Take the model away, until it is pulled."""

    def pull(received: Received) -> Reply:
        server.reply("POST", "/api/show", Json({}))
        return Reply(Json({"status": "success"}))

    server.reply("POST", "/api/show", refusal(404, "model 'm' not found"))
    server.reply("POST", "/api/pull", pull)
    return server


@pytest.mark.parametrize("kind", ["request", "function"])
def test_a_host_that_lacks_the_model_is_named_before_the_first_row(
    collect: Collect, make_server: MakeServer, kind: str
):
    has, lacks = make_server(), lacking(make_server())
    work: Any = ECHO if kind == "request" else lambda item: {"model": "m", "prompt": item}

    with pytest.raises(NotFoundError, match="model 'm' not found at http://") as raised:
        collect(["a"], work, hosts=[has.url, lacks.url])

    assert lacks.url in str(raised.value)
    assert has.url not in str(raised.value)
    assert rows_of(has) == rows_of(lacks) == []


@pytest.mark.parametrize("kind", ["request", "function"])
def test_a_model_can_be_pulled_once_for_each_host(collect: Collect, make_server: MakeServer, kind: str):
    servers = [lacking(make_server()), lacking(make_server())]
    work: Any = ECHO if kind == "request" else lambda item: {"model": "m", "prompt": item}

    results = collect(map(str, range(40)), work, hosts=[server.url for server in servers], if_missing="pull")

    assert all(result.ok for result in results)
    for server in servers:
        pulls = [request.json for request in server.requests if request.path == "/api/pull"]
        assert [pull["model"] for pull in pulls] == (["m"] if rows_of(server) else [])


@pytest.mark.parametrize("kind", ["request", "function"])
def test_a_host_that_lacks_the_model_can_be_left_out(collect: Collect, make_server: MakeServer, kind: str):
    has, lacks = make_server(), lacking(make_server())
    work: Any = ECHO if kind == "request" else lambda item: {"model": "m", "prompt": item}

    results = collect(map(str, range(10)), work, hosts=[has.url, lacks.url], if_missing="skip")

    assert {result.host for result in results} == {has.url}
    assert rows_of(lacks) == []


@pytest.mark.parametrize("broken", [1, 2])
def test_a_host_that_is_out_of_order_at_the_start_ends_no_run_of_others(
    collect: Collect, make_server: MakeServer, broken: int
):
    servers = [make_server(), make_server()]
    for server in servers[:broken]:
        server.reply("POST", "/api/show", refusal(500, "disk error"))
        server.reply("POST", "/api/generate", refusal(500, "disk error"))

    def run() -> list[Any]:
        return collect(map(str, range(10)), ECHO, hosts=[server.url for server in servers])

    if broken == 2:
        with pytest.raises(ResponseError, match="disk error"):
            run()
        assert [rows_of(server) for server in servers] == [[], []]
    else:
        results = run()
        assert [result.error for result in results] == [None] * 10
        assert {result.host for result in results} == {servers[1].url}


@pytest.mark.parametrize("if_missing", ["error", "pull"])
def test_a_host_that_loses_the_model_in_the_middle_gets_no_more_rows_or_pulls_it(
    collect: Collect, make_server: MakeServer, if_missing: Any
):
    has, loses = make_server(), make_server()
    work = loses.requests

    def lose(received: Received) -> Reply:
        if not any(request.path == "/api/pull" for request in work):
            lacking(loses)
            return refusal(404, "model 'm' not found")
        return echo(received)

    loses.reply("POST", "/api/generate", lose)

    results = collect(map(str, range(40)), ECHO, hosts=[has.url, loses.url], if_missing=if_missing)

    assert all(result.ok for result in results)
    if if_missing == "error":
        assert {result.host for result in results} == {has.url}
        assert len(rows_of(loses)) <= 8
    else:
        assert any(request.path == "/api/pull" for request in work)


def test_a_model_that_no_host_has_ends_the_run(collect: Collect, server: OllamaServer):
    with pytest.raises(NotFoundError):
        collect(["a"], ECHO, hosts=lacking(server).url, if_missing="skip")


def test_rows_may_ask_for_several_models(collect: Collect, make_server: MakeServer):
    servers = [make_server(), make_server()]
    for server, model in zip(servers, ("one", "two"), strict=True):
        server.reply(
            "POST",
            "/api/show",
            lambda received, model=model: (
                Reply(Json({})) if received.json["model"] == model else refusal(404, "not found")
            ),
        )

    results = collect(
        [("one", "a"), ("two", "b")] * 10,
        lambda item: {"model": item[0], "prompt": item[1]},
        hosts=[server.url for server in servers],
        if_missing="skip",
    )

    assert all(result.ok for result in results)
    assert [set(rows_of(server)) for server in servers] == [{"a"}, {"b"}]


def test_a_server_that_does_not_know_how_to_show_a_model_is_used(collect: Collect, make_server: MakeServer):
    server = make_server()
    server.clear()
    server.reply("POST", "/api/generate", echo)

    assert all(result.ok for result in collect(["a"], ECHO, hosts=server.url))


def test_a_server_that_cannot_tell_whether_it_has_the_model_uses_up_the_attempts_of_a_row(
    collect: Collect, server: OllamaServer
):
    server.queue("POST", "/api/show", Json({}))
    server.reply("POST", "/api/show", refusal(500))

    results = collect(["m", "other"], lambda model: {"model": model, "prompt": model}, hosts=server.url, max_attempts=2)

    failed = [result for result in results if not result.ok]
    assert [result.attempts for result in failed] == [2]


def test_a_refused_key_is_told_before_the_first_row(collect: Collect, server: OllamaServer):
    server.reply("POST", "/api/show", refusal(401, "unauthorized"))

    with pytest.raises(ResponseError, match="unauthorized"):
        collect(["a"], ECHO, hosts=server.url)
    assert rows_of(server) == []
