"""The check fails for a real regression, and the results say what was missed."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import abort, publish, table
from benchmarks.measure import Figures, Row


def row(sdk: float, pure: float = 1.0) -> Row:
    """What ollama-python does in 60 microseconds, and this SDK so many times as fast."""
    return {
        "sdk": Figures(cpu=60 / sdk, server=0.1),
        "sdk-pure": Figures(cpu=60 / pure, server=0.1),
        "ollama-python": Figures(cpu=60, server=0.1),
    }


@pytest.mark.parametrize("sdk", [9.6, 10, 12])
def test_noise_passes_the_check(sdk: float):
    assert table.slower({"chat": row(sdk) | {"before": Figures(cpu=6, server=0.1)}}) == {}


def test_a_row_that_is_slower_than_before_does_not():
    rows = {"chat": row(9) | {"before": Figures(cpu=6, server=0.1)}, "version": row(9)}

    assert table.slower(rows) == {"chat": "streamed chat: 0.90 times as fast as before, at least 0.95 is wanted"}
    assert "before" in table.markdown(rows).splitlines()[0]


def test_an_abort_that_takes_too_long_is_told():
    found = {"waiting for headers, exception": [0.2, 3.0], "waiting for headers, seen by the server": [300.0, 300.0]}

    assert abort.missed({"own": found}) == []
    assert abort.missed({"own": {"TLS handshake, exception": [0.2, 300.0]}}) == [
        "abort, our transport, TLS handshake, exception: 0.2 ms, at most 300.0"
    ]


def test_memory_that_grows_with_a_stream_does_not_pass_the_check():
    grown = {"sdk": Figures(cpu=6, server=0.1, memory=9.0)}

    assert table.memory_missed({"chat_long": row(9), "embed": grown}) == []
    assert table.memory_missed({"chat_long": grown}) == ["200,000 chunks of chat: 9.0 MiB more, at most 8.0 are wanted"]


@pytest.mark.parametrize(("long", "said"), [(6.5, 0), (7.0, 1)])
def test_a_row_that_costs_more_than_the_one_that_it_is_held_against_is_told(long: float, said: int):
    rows = {"chat": {"sdk": Figures(cpu=6, server=0.1)}, "chat_long": {"sdk": Figures(cpu=long, server=0.1)}}

    assert table.missed(rows) == ["200,000 chunks of chat: 1.17 times streamed chat, at most 1.1 is wanted"][:said]


def test_the_table_marks_what_misses_its_target():
    rows = {"chat": row(5), "version": row(3)}

    *_, chat, version = table.markdown(rows).splitlines()

    assert "5.00 !" in chat
    assert "3.00 !" not in version
    assert "streamed chat: 5.00 times ollama-python, wanted 7.00" in table.missed(rows)
    assert table.missed({"version": rows["version"]}) == []


def test_a_load_server_that_keeps_clients_waiting_is_reported():
    waiting = row(5)
    waiting["sdk"].server = 1.2

    assert len(table.bottlenecks({"chat": waiting})) == 1
    assert table.bottlenecks({"chat": row(5), "version": waiting}) == []


def test_the_picture_has_a_bar_for_each_contender_of_each_row():
    picture = ElementTree.fromstring(publish.picture({"chat": row(5), "version": row(3)}))

    bars = [part for part in picture.iter("{http://www.w3.org/2000/svg}rect") if part.get("height") == "8"]
    assert len(bars) == 4


def test_results_are_written_between_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(publish, "DOCS", tmp_path)
    monkeypatch.setattr(publish, "conditions", lambda: {"date": "2026-01-02", "Python": "3.11"})

    publish.write({"chat": row(5)}, {"Abort:": "fast"}, ["chat: too slow"])

    text = page.read_text(encoding="utf-8")
    assert re.match(r"before\n<!-- results -->\n.*5\.00 !.*- chat: too slow.*fast.*<!-- end", text, re.DOTALL)
    assert "old" not in text
    assert (tmp_path / "performance.svg").exists()
