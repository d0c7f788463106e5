"""Ctrl-C, and abort() in a signal handler."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from typing import Any

import httpx
import pytest
from overlay.callers import Api
from overlay.scripts import HI, assert_usable, both_transports, chat_line, streamed_or_not
from overlay.signals import signalled

from ollama_sdk.overlay import AbortError, AsyncOllama, OllamaTimeoutError
from ollama_sdk.overlay.testing import Gate, Never, OllamaServer, Wait

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
    assert len(api.client._transport.calls) == 0
    assert_usable(api, server)


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
    """The interrupt is raised by a trace function, a little later in each run, once the request is on its way."""
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    left = delay * 6

    def trace(frame: Any, event: str, argument: object) -> Any:
        nonlocal left
        if (
            event == "line"
            and frame.f_code.co_filename.endswith(("_transport.py", "_streaming.py"))
            and server.requests
        ):
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    gc.collect()
    gc.disable()  # the interrupt is not to come while a stream of another test is finalised
    # The time limit ends the runs whose interrupt would come later still.
    with pytest.raises((KeyboardInterrupt, OllamaTimeoutError)):  # noqa: PT012  # the trace is taken back
        sys.settrace(trace)
        try:
            api.chat_stream(timeout=0.1).final()
        finally:
            sys.settrace(before)
            gc.enable()

    gc.collect()
    assert server.wait_for_connections(0)
    assert len(api.client._transport.calls) == 0
