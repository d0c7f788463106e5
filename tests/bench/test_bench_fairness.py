"""The benchmarks compare like with like: nobody withholds lines, and all read the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks import contenders, delivery, processes

pytestmark = pytest.mark.slow
SMALL = {
    "chat": "/chunks-100",
    "chat_async": "/chunks-100",
    "tools": "/tools-100",
    "list_1000": "/models-10",
    "embed": "",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with processes.load_server() as url:
        yield url


@pytest.mark.parametrize("reader", delivery.READERS)
def test_every_line_is_given_before_the_next_one_is_sent(reader: str):
    assert delivery.lines_given_at_once(reader) == delivery.LINES


def test_a_reader_that_collects_lines_is_found_out(monkeypatch: pytest.MonkeyPatch):
    def collect(url: str, seen: object) -> None:
        with delivery.Floor(url, timeout=0.05) as floor:
            list(floor.lines("/api/chat", {}))

    monkeypatch.setitem(delivery.READERS, "collecting", collect)

    assert delivery.lines_given_at_once("collecting") == 0
    assert delivery.missed({"collecting": 0})


@pytest.mark.parametrize("scenario", SMALL)
def test_the_contenders_read_the_same(url: str, scenario: str):
    samples = [
        processes.run_json(contenders.command(name, scenario, url + SMALL[scenario], 0))
        for name in ("sdk", "sdk-pure", "raw-httpx", "floor")
    ]

    assert samples[0]["result"] > 0
    assert {sample["result"] for sample in samples} == {samples[0]["result"]}


def test_without_the_compiled_packages_there_is_nothing_of_them(url: str):
    assert processes.run_json(contenders.command("sdk-pure", "version", url, 0))["result"] == len("0.12.6")
