"""The benchmarks compare like with like: nobody withholds lines, and all read the same."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import contenders, measure
from benchmarks.contenders import MESSAGES, plain
from benchmarks.contenders.floor import Floor
from ollama_sdk.overlay import AsyncOllama, Ollama, OllamaTimeoutError
from ollama_sdk.overlay.testing import Gate, Line, OllamaServer, Reply, Wait

pytestmark = pytest.mark.slow
LINES = 50
PATIENCE = 5.0  # seconds after which a line counts as withheld
SMALL = {
    "chat": "/chunks-100",
    "chat_async": "/chunks-100",
    "tools": "/tools-100",
    "list_1000": "/models-10",
    "embed": "",
}
Seen = Callable[[], None]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with measure.served("load_server") as (url,):
        yield url


def read_sdk(url: str, seen: Seen) -> None:
    with Ollama(url, timeout=PATIENCE) as client:
        for _ in client.chat("m", MESSAGES, stream=True):
            seen()


def read_sdk_async(url: str, seen: Seen) -> None:
    async def read() -> None:
        async with AsyncOllama(url, timeout=PATIENCE) as client:
            async for _ in await client.chat("m", MESSAGES, stream=True):
                seen()

    asyncio.run(read())


def read_floor(url: str, seen: Seen) -> None:
    with Floor(url, timeout=PATIENCE) as floor:
        for _ in floor.lines("/api/chat", plain.CHAT):
            seen()


def read_floor_at_once(url: str, seen: Seen) -> None:
    with Floor(url, timeout=0.05) as floor:
        list(floor.lines("/api/chat", plain.CHAT))


def lines_given_at_once(read: Callable[[str, Seen], None]) -> int:
    """How many lines a reader gives before it withholds one: the server sends the next when it has given the last."""
    gates = [Gate() for _ in range(LINES)]
    given = 0
    steps: list[Line | Wait] = []
    for number, gate in enumerate(gates, start=1):
        message = {"role": "assistant", "content": "a"}
        steps += [Line({"model": "m", "message": message, "done": number == LINES}), Wait(gate)]

    def seen() -> None:
        nonlocal given
        gates[given].open()
        given += 1

    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Reply(*steps))
        try:
            read(server.url, seen)
        except (OllamaTimeoutError, TimeoutError):
            for gate in gates:
                gate.open()
    return given


@pytest.mark.parametrize("read", [read_sdk, read_sdk_async, read_floor])
def test_every_line_is_given_before_the_next_one_is_sent(read: Callable[[str, Seen], None]):
    assert lines_given_at_once(read) == LINES


def test_a_reader_that_collects_lines_is_found_out():
    assert lines_given_at_once(read_floor_at_once) == 0


@pytest.mark.parametrize("scenario", SMALL)
def test_the_contenders_read_the_same(url: str, scenario: str):
    samples = [
        measure.run(name, contenders.command(name, scenario, url + SMALL[scenario], 0))
        for name in ("sdk", "sdk-pure", "raw-httpx", "floor")
    ]

    assert samples[0]["result"] > 0
    assert {sample["result"] for sample in samples} == {samples[0]["result"]}


def test_without_the_compiled_packages_there_is_nothing_of_them(url: str):
    program = (
        "from importlib.util import find_spec; print([name for name in ('httptools', 'msgspec') if find_spec(name)])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=contenders.environment("sdk-pure"), capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
    assert measure.run("sdk-pure", contenders.command("sdk-pure", "version", url, 0))["result"] == len("0.12.6")


def test_another_checkout_is_measured_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for half in ("generated", "overlay"):
        (tmp_path / half / "ollama_sdk" / half).mkdir(parents=True)
        (tmp_path / half / "ollama_sdk" / half / "__init__.py").touch()
    monkeypatch.setattr(contenders, "CONTENDERS", dict(contenders.CONTENDERS))
    contenders.compare_with(tmp_path)
    command = [*contenders.command("before", "chat", "", 0)[:1], "-c"]
    program = (
        "import json, ollama_sdk.overlay as o, ollama_sdk.generated as g; print(json.dumps([o.__file__, g.__file__]))"
    )

    assert all(Path(file).is_relative_to(tmp_path) for file in measure.run("before", [*command, program]))
