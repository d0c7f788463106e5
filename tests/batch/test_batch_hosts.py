"""Hosts: which one is picked, for a single call and by a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from batch.conftest import MakeServer
from batch.server import ECHO, refusal, rows_of

from ollama_sdk.overlay import AsyncOllama, ConnectError, RequestError, batch
from ollama_sdk.overlay.batch import Host, Hosts
from ollama_sdk.overlay.testing import Cut, Gate, Json, OllamaServer, Reply, Wait

Scenario = Callable[[Hosts], Coroutine[Any, Any, Any]]


def with_hosts(scenario: Scenario, *hosts: Any, **arguments: Any) -> Any:
    async def main() -> Any:
        async with Hosts(hosts, **arguments) as made:
            return await scenario(made)

    return asyncio.run(main())


def test_the_least_busy_host_is_picked(make_server: MakeServer):
    servers = [make_server(), make_server()]

    async def scenario(hosts: Hosts) -> list[str]:
        async with hosts.client() as one, hosts.client() as two, hosts.client() as three:
            return [one.base_url, two.base_url, three.base_url]

    picked = with_hosts(scenario, Host(servers[0].url, 4), Host(servers[1].url, 2))

    # Of 4 places and of 2: the first has none taken, then the second, then of the first more are free.
    assert picked == [servers[0].url, servers[1].url, servers[0].url]


def test_who_finds_no_place_waits_for_one(server: OllamaServer):
    order = []

    async def scenario(hosts: Hosts) -> None:
        async def call(name: str) -> None:
            async with hosts.client():
                order.append(name)

        async with hosts.client():
            waiting = [asyncio.create_task(call(name)) for name in "abc"]
            await asyncio.sleep(0)
            assert order == []
        await asyncio.gather(*waiting)

    with_hosts(scenario, server.url, concurrency=1)
    assert order == ["a", "b", "c"]


def test_who_stops_waiting_takes_no_place(server: OllamaServer):
    async def scenario(hosts: Hosts) -> str:
        async def call() -> None:
            async with hosts.client():
                pass

        async with hosts.client():
            waiting = asyncio.create_task(call())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        async with hosts.client() as client:
            return client.base_url

    assert with_hosts(scenario, server.url, concurrency=1) == server.url


def test_a_host_with_the_model_loaded_is_preferred_while_it_has_a_place(make_server: MakeServer):
    cold, warm = make_server(), make_server()
    warm.reply("GET", "/api/ps", Json({"models": [{"model": "llama3.2:latest", "name": "llama3.2:latest"}]}))

    async def scenario(hosts: Hosts) -> list[str]:
        async with hosts.client("llama3.2") as one, hosts.client("llama3.2") as two:
            return [one.base_url, two.base_url]

    assert with_hosts(scenario, cold.url, warm.url, concurrency=1) == [warm.url, cold.url]


def test_a_model_that_was_used_counts_as_loaded(make_server: MakeServer):
    servers = [make_server(), make_server()]

    async def scenario(hosts: Hosts) -> list[str]:
        async with hosts.client(), hosts.client("m") as first:
            await first.generate("m", "a")
        async with hosts.client("m") as again:
            return [first.base_url, again.base_url]

    first, again = with_hosts(scenario, servers[0].url, servers[1].url)
    assert first == again == servers[1].url


def test_a_host_that_cannot_be_reached_is_left_alone(make_server: MakeServer):
    server = make_server()

    async def scenario(hosts: Hosts) -> list[str]:
        picked = []
        for _ in range(3):
            try:
                async with hosts.client() as client:
                    picked.append(client.base_url)
                    await client.with_options(max_retries=0).version()
            except ConnectError:
                pass
        return picked

    assert with_hosts(scenario, "127.0.0.1:9", server.url) == ["http://127.0.0.1:9", server.url, server.url]


def test_no_host_that_can_be_reached_is_an_error_once_all_were_asked_again(make_server: MakeServer):
    server = make_server()
    server.reply("GET", "/api/version", Reply(Cut()))

    async def scenario(hosts: Hosts) -> str:
        with pytest.raises(ConnectError):
            async with hosts.client() as client:
                await client.with_options(max_retries=0).version()
        with pytest.raises(ConnectError, match="no host can be used"):
            async with hosts.client():
                pass
        server.reply("GET", "/api/version", Json({"version": "1"}))
        async with hosts.client() as client:
            return client.base_url

    assert with_hosts(scenario, server.url) == server.url


def test_an_error_of_the_program_says_nothing_of_the_host(server: OllamaServer):
    async def scenario(hosts: Hosts) -> Any:
        with pytest.raises(ZeroDivisionError):
            async with hosts.client("m"):
                raise ZeroDivisionError
        (only,) = hosts.servers
        return only.busy, only.failing_since, only.has_loaded("m")

    assert with_hosts(scenario, server.url) == (0, None, False)


def test_the_clients_that_were_given_stay_open_and_those_that_were_made_are_closed(server: OllamaServer):
    async def main() -> tuple[bool, bool]:
        async with AsyncOllama(server.url) as mine:
            async with Hosts([mine, server.url]) as hosts:
                made = hosts.servers[1].client
            return mine.is_closed, made.is_closed

    assert asyncio.run(main()) == (False, True)


def test_a_run_goes_by_the_places_of_each_host(make_server: MakeServer):
    gate = Gate()
    servers = [make_server(), make_server()]
    for server in servers:
        server.reply("POST", "/api/generate", Wait(gate), Json({"response": "yes", "done": True}))

    async def main() -> list[int]:
        taking = asyncio.create_task(take())
        await asyncio.to_thread(servers[0].wait_for_requests, 1 + 1)  # whether it has the model, and rows
        await asyncio.to_thread(servers[1].wait_for_requests, 1 + 3)
        counts = [len(rows_of(server)) for server in servers]
        gate.open()
        await taking
        return counts

    async def take() -> None:
        async for _ in batch.run(map(str, range(20)), ECHO, hosts=[Host(servers[0].url, 1), Host(servers[1].url, 3)]):
            pass

    assert asyncio.run(main()) == [1, 3]


def test_a_faster_host_gets_more_rows(make_server: MakeServer):
    slow, fast = make_server(), make_server()
    gate = Gate()
    slow.reply("POST", "/api/generate", Wait(gate), Json({"response": "slow", "done": True}))

    def items() -> Any:
        for number in range(40):
            if number == 30:
                gate.open()
            yield str(number)

    async def main() -> list[str]:
        rows = batch.run(items(), ECHO, hosts=[slow.url, fast.url], concurrency=2)
        return [str(result.host) async for result in rows]

    hosts = asyncio.run(main())
    assert hosts.count(fast.url) >= 28 - 2
    assert len(hosts) == 40


def test_hosts_can_be_shared_by_runs_and_calls(server: OllamaServer):
    async def scenario(hosts: Hosts) -> int:
        async def one() -> int:
            return len([result async for result in batch.run(map(str, range(20)), ECHO, hosts=hosts) if result.ok])

        async def two() -> int:
            async with hosts.client("m") as client:
                await client.generate("m", "x")
            return 1

        counts = await asyncio.gather(one(), two(), one())
        assert [each.busy for each in hosts.servers] == [0]
        assert not hosts.servers[0].client.is_closed
        return sum(counts)

    assert with_hosts(scenario, server.url, concurrency=2) == 41


def test_hosts_can_be_used_by_one_event_loop_after_another(server: OllamaServer):
    hosts = Hosts(server.url)

    for _ in range(2):
        assert len(list(batch.map(map(str, range(20)), ECHO, hosts=hosts))) == 20
    asyncio.run(hosts.close())


def test_a_server_that_asks_for_time_gets_it(server: OllamaServer):
    server.queue("POST", "/api/generate", refusal(429, **{"retry-after": "0.2"}))

    async def scenario(hosts: Hosts) -> Any:
        rows = batch.run(["a"], ECHO, hosts=hosts)
        results = [result async for result in rows]
        return results[0].attempts, hosts.servers[0].rests_until > 0

    assert with_hosts(scenario, server.url) == (2, True)


@pytest.mark.parametrize("where", [5, b"host", ["host"]])
def test_what_is_no_host_is_refused(where: Any):
    with pytest.raises(RequestError, match="a host is"):
        Host(where)
