"""The check fails for a real regression, and the results say what was missed."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import abort, long_streams, models, plot, publish, table
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
    assert "before" in table.terminal(rows).splitlines()[0]


def test_an_abort_that_does_not_end_its_call_does_not_pass_the_check():
    phases = {phase: {"exception": [0.2, 3.0], "seen by the server": [0.1, 0.2]} for phase in abort.PHASES}

    assert abort.not_ended({"own": phases}) == []
    assert abort.not_ended({"own": {**phases, "TLS handshake": {"failure": "still waiting after 30 s"}}}) == [
        "abort, our transport, TLS handshake: still waiting after 30 s"
    ]


def test_memory_that_grows_does_not_pass_the_check():
    assert long_streams.memory_missed({"memory": {"sdk": {"chat": 2.0}}}) == []
    assert len(long_streams.memory_missed({"memory": {"sdk": {"chat": 9.0}}})) == 1


def test_a_model_out_of_proportion_to_its_decode_is_told():
    assert models.missed({"chunk": 0.9, "a list": 2.0}) == []
    assert models.missed({"chunk": 1.1, "a list": 7.9}) == [
        "a chunk's model: 1.10 µs above the decode, wanted 1.0",
        "a list: 7.9 times the bare decode, wanted 3.0",
    ]


def test_the_table_marks_what_misses_its_target():
    rows = {"chat": row(5), "version": row(3)}

    _, chat, version = table.terminal(rows).splitlines()

    assert "5.00 !" in chat
    assert "3.00 !" not in version
    assert table.missed("version", rows["version"]) == []
    assert "5.00 times ollama-python, wanted 7.00" in table.missed("chat", rows["chat"])


def test_a_load_server_that_keeps_clients_waiting_is_reported():
    waiting = row(5)
    waiting["sdk"].server = 1.2

    assert len(table.bottlenecks({"chat": waiting})) == 1
    assert table.bottlenecks({"chat": row(5), "version": waiting}) == []


def test_the_picture_has_a_bar_for_each_contender_of_each_row():
    picture = ElementTree.fromstring(plot.svg({"chat": row(5), "version": row(3)}))

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
