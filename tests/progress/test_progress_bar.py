"""The bar shows the progress, and its failures harm nobody."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from ollama_sdk.overlay import Progress

LINES = [
    {"status": "pulling manifest"},
    {"status": "pulling a", "digest": "sha256:a", "total": 2_000_000, "completed": 500_000},
    {"status": "verifying sha256 digest"},
    {"status": "success"},
]


def test_a_bar_shows_title_status_and_bytes() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    drawn = io.StringIO()
    progress = Progress(bar=True, title="pull smollm2", file=drawn)
    for line in LINES:
        progress.update(line)
    progress.close()
    text = drawn.getvalue()
    for line in LINES:
        assert f"pull smollm2: {line['status']}" in text
    assert "100%" in text
    assert "2.00M/2.00M" in text
    assert text.endswith("\n")


def test_a_job_that_is_over_at_once_has_no_bar() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    drawn = io.StringIO()
    progress = Progress(bar=True, title="pull smollm2", file=drawn)
    progress.update(LINES[-1])  # as of a model that is there, with if_missing=True
    progress.close()
    assert (drawn.getvalue(), progress.is_complete) == ("", True)


def test_a_status_cannot_steer_the_terminal() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    drawn = io.StringIO()
    progress = Progress(bar=True, title="pull m", file=drawn)
    status = "\x1b]0;title\x07red\nINFO root: login ok\u202e" + "a" * 5_000
    progress.update({"status": status, "digest": "sha256:a", "total": 2, "completed": 1})
    progress.close()
    text = drawn.getvalue().replace("\r", "").rstrip("\n")
    assert text.isprintable()
    assert "a" * 500 not in text
    assert progress.status == status


def test_closing_a_bar_early_and_twice_ends_its_line_once() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    drawn = io.StringIO()
    progress = Progress(bar=True, file=drawn)
    progress.update(LINES[1])
    progress.close()
    progress.close()
    progress.update(LINES[2])
    assert drawn.getvalue().count("\n") == 1
    assert "500k/2.00M" in drawn.getvalue()
    assert progress.status == "verifying sha256 digest"


def test_the_widget_of_a_notebook_learns_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    import tqdm.auto

    widths: list[float | None] = []  # what the widget takes for its whole width

    class NotebookBar(tqdm.std.tqdm):  # type: ignore[type-arg]  # not generic when the program runs
        def reset(self, total: float | None = None) -> None:
            widths.append(total)
            super().reset(total)

    monkeypatch.setattr(tqdm.auto, "tqdm", NotebookBar)
    drawn = io.StringIO()
    progress = Progress(bar=True, file=drawn)
    for line in (
        *LINES[:2],
        {"status": "pulling b", "digest": "sha256:b", "total": 1_000_000, "completed": 1},
        LINES[3],
    ):
        progress.update(line)
    progress.close()
    assert widths == [2_000_000, 3_000_000]
    assert "3.00M/3.00M" in drawn.getvalue()


def test_a_bar_leaves_no_thread() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    before = set(threading.enumerate())
    progress = Progress(bar=True, file=io.StringIO())
    progress.update(LINES[1])
    assert set(threading.enumerate()) <= before
    progress.close()


def test_a_bar_that_cannot_be_drawn_harms_nothing() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")

    class Broken(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError("the terminal is gone")

    progress = Progress(bar=True, file=Broken())
    for line in LINES:
        progress.update(line)
    progress.close()
    assert progress.is_complete


def test_a_bar_that_cannot_be_drawn_does_not_keep_others_from_being_drawn() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")

    class Broken(io.StringIO):
        def write(self, text: str, /) -> int:
            raise RuntimeError("no such terminal")

    def draw(file: io.StringIO) -> None:
        progress = Progress(bar=True, file=file)
        for line in LINES:
            progress.update(line)
        progress.close()

    drawn = io.StringIO()
    draw(Broken())
    other = threading.Thread(target=draw, args=(drawn,), daemon=True)
    other.start()
    other.join(60)
    assert "100%" in drawn.getvalue()


def test_a_file_closed_on_the_way_harms_nothing() -> None:
    pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra")
    drawn = io.StringIO()
    progress = Progress(bar=True, file=drawn)
    drawn.close()
    for line in LINES:
        progress.update(line)
    progress.close()
    assert progress.is_complete


def test_a_missing_tqdm_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match=r"ollama-sdk\[progress\]"):
        Progress(bar=True)


def test_without_a_bar_tqdm_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    Progress().update(LINES[1])
    assert "tqdm" not in sys.modules
