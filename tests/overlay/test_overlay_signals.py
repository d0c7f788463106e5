"""Ctrl-C, and abort() in a signal handler."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from contextlib import suppress
from itertools import count
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api
from overlay.scripts import (
    HI,
    assert_usable,
    both_transports,
    chat_line,
    needs_own_transport,
    streamed_or_not,
)
from overlay.signals import interrupted, signalled

from ollama_sdk.overlay import AbortError, AsyncOllama, OllamaTimeoutError
from ollama_sdk.overlay.testing import Gate, Json, Line, Never, OllamaServer, Wait

OUR_WIRE = (
    "_http/sync_connection.py",
    "_http/sync_pool.py",
    "_http/round_trip.py",
    "_http/pool.py",
    "_http/sync_exchange.py",
)

# Signals


@both_transports
@streamed_or_not
@pytest.mark.parametrize("kind", ["sync"])
def test_ctrl_c_ends_a_blocking_call_and_closes_its_connection(api: Api, server: OllamaServer, stream: bool):
    gate = Gate()
    server.reply("POST", "/api/chat", chat_line("a"), Wait(gate))

    with pytest.raises(KeyboardInterrupt), signalled(signal.SIGINT, gate.wait_until_reached):  # noqa: PT012  # either may raise
        result: Any = api.chat("m", HI, stream=stream)
        result.final()

    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    assert len(api.client._sender.calls) == 0
    assert_usable(api, server)


@pytest.mark.parametrize("kind", ["sync"])
def test_no_tool_begins_after_ctrl_c(api: Api, server: OllamaServer):
    started, stopped, go_on = threading.Event(), threading.Event(), threading.Event()
    threads: list[threading.Thread] = []
    late: list[int] = []

    def block(number: int) -> None:
        if stopped.is_set():
            late.append(number)
        threads.append(threading.current_thread())
        started.set()
        assert go_on.wait(PATIENCE)

    calls = [{"function": {"name": "block", "arguments": {"number": number}}} for number in range(12)]
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    server.reply("POST", "/api/chat", Json({"model": "m", "message": message, "done": True}))

    with pytest.raises(KeyboardInterrupt), signalled(signal.SIGINT, lambda: started.wait(PATIENCE)):
        api.run_tools("m", HI, tools=[block], parallel=True)

    stopped.set()
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert late == []
    assert len(server.requests) == 1


@both_transports
def test_ctrl_c_ends_an_asyncio_program_and_closes_its_connection(server: OllamaServer, transport: str):
    gate = Gate()
    server.reply("POST", "/api/chat", chat_line("a"), Wait(gate))

    async def main() -> None:
        stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
        async with AsyncOllama(server.url, transport=stock) as client:
            await (await client.chat("m", HI, stream=True)).final()

    with pytest.raises(KeyboardInterrupt), signalled(signal.SIGINT, gate.wait_until_reached):
        asyncio.run(main())

    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)


@both_transports
@streamed_or_not
@pytest.mark.parametrize("kind", ["sync"])
def test_abort_in_a_signal_handler_ends_a_blocking_call(api: Api, server: OllamaServer, stream: bool):
    gate = Gate()
    server.reply("POST", "/api/chat", *([chat_line("a")] if stream else []), Wait(gate))
    before = signal.signal(signal.SIGUSR1, lambda number, frame: api.client.abort())
    try:
        with pytest.raises(AbortError), signalled(signal.SIGUSR1, gate.wait_until_reached):  # noqa: PT012  # either may raise
            result: Any = api.chat("m", HI, stream=stream)
            result.final()
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert server.wait_for_disconnect()
    assert_usable(api, server)


@both_transports
@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("delay", range(12))
def test_ctrl_c_closes_the_connection_wherever_in_our_code_it_comes(api: Api, server: OllamaServer, delay: int):
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    ours = interrupted(
        ("_sending/_sync/sender.py", "_answers/_sync/streams.py"), 6 * delay, once=lambda: server.requests
    )

    # The time limit ends the runs whose interrupt would come later still.
    with pytest.raises((KeyboardInterrupt, OllamaTimeoutError)), ours:
        api.chat_stream(timeout=0.1).final()

    gc.collect()
    assert server.wait_for_connections(0)
    assert len(api.client._sender.calls) == 0


@needs_own_transport
@pytest.mark.parametrize("kind", ["sync"])
def test_ctrl_c_while_an_answer_is_read_is_not_taken_for_a_fault_of_the_server(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", Line({"version": "1"}))

    for lines in count():
        raised = False
        with interrupted(("_http/response_parser.py",), lines) as came:
            try:
                api.version()
            except KeyboardInterrupt:
                raised = True
        assert raised == bool(came), came
        if not came:
            break

    assert lines > 20
    assert len(server.requests) <= lines + 1  # none was sent again


@pytest.mark.usefixtures("_interrupts_anywhere")
@needs_own_transport
@pytest.mark.parametrize("kind", ["sync"])
def test_ctrl_c_within_the_pool_leaves_it_usable(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", Line({"version": "1"}))

    for lines in count():
        with suppress(KeyboardInterrupt), interrupted(OUR_WIRE, lines) as came:
            api.version()
        if not came:
            break
        assert api.version(timeout=PATIENCE).version == "1", came

    assert lines > 100
