"""Progress adds up the lines of pull, push and create."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ollama_sdk.generated.models.progress_response import ProgressResponse
from ollama_sdk.overlay import Progress
from ollama_sdk.overlay.testing import load_recordings

RECORDINGS = {
    recording.name: recording for recording in load_recordings(Path(__file__).parents[1] / "data" / "recordings")
}
LARGE = "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    return Progress(clock=clock)


def play(name: str, progress: Progress, clock: Clock, *, until: str | None = None) -> None:
    start = clock.now
    for chunk in RECORDINGS[name].chunks:
        clock.now = start + chunk.milliseconds / 1000
        for line in chunk.text.splitlines():
            value = json.loads(line)
            if value.get("status") == until:
                return
            if "status" in value:
                progress.update(ProgressResponse.from_dict(value))


def line(status: str, digest: str = "", completed: int | None = None, total: int | None = None) -> ProgressResponse:
    return ProgressResponse(status=status, digest=digest or None, completed=completed, total=total)


def test_a_pull_is_complete_at_its_end(progress: Progress, clock: Clock) -> None:
    play("pull_stream", progress, clock)
    assert progress.is_complete
    assert progress.status == "success"
    assert progress.completed == progress.total == 98362432 + 102 + 152
    assert progress.fraction == 1.0
    assert progress.eta == 0.0
    assert all(layer.is_complete for layer in progress.layers.values())


def test_a_layer_that_never_reports_its_end_counts_when_another_follows(progress: Progress, clock: Clock) -> None:
    play("pull_stream", progress, clock, until="pulling e3b2721cec51")
    assert progress.layers[LARGE].completed == 88080384
    assert not progress.layers[LARGE].is_complete
    progress.update(line("pulling e3b2721cec51", "sha256:e3", 1, 2))
    assert progress.layers[LARGE].completed == 98362432
    assert progress.layers[LARGE].is_complete


def test_a_status_without_layer_completes_the_last_one(progress: Progress) -> None:
    progress.update(line("pulling a", "sha256:a", 1, 2))
    progress.update(line("verifying sha256 digest"))
    assert progress.layers["sha256:a"].is_complete
    assert not progress.is_complete


def test_the_rate_of_a_pull_is_that_of_its_bytes(progress: Progress, clock: Clock) -> None:
    play("pull_stream", progress, clock, until="pulling e3b2721cec51")
    assert progress.rate == pytest.approx((88080384 - 53805056) / (0.1723 - 0.1304), rel=0.7)
    assert progress.eta is not None
    assert progress.eta > 0


def test_layers_that_were_there_before_have_no_rate(progress: Progress, clock: Clock) -> None:
    play("pull_present_stream", progress, clock, until="success")
    assert len(progress.layers) == 8
    assert progress.fraction == 1.0
    assert not progress.rate


@pytest.mark.parametrize(
    "name", ["push_stream", "create_from_gguf_stream", "create_from_model_stream", "pull_present_stream"]
)
def test_every_recorded_success_ends_complete(progress: Progress, clock: Clock, name: str) -> None:
    play(name, progress, clock)
    assert progress.is_complete
    assert progress.completed == progress.total
    assert progress.fraction == 1.0


def test_validating_a_file_is_work_of_its_own(progress: Progress, clock: Clock) -> None:
    play("create_from_gguf_stream", progress, clock)
    assert list(progress.layers) == ["validating GGUF model"]


def test_a_failed_create_is_not_complete(progress: Progress, clock: Clock) -> None:
    play("create_from_missing_stream", progress, clock)
    assert not progress.is_complete
    assert progress.fraction == 0.0
    assert progress.status == "pulling manifest"


def test_rate_and_time_left_follow_the_clock(progress: Progress, clock: Clock) -> None:
    progress.update(line("pulling a", "sha256:a", None, 10_000))
    assert progress.rate is None
    assert progress.eta is None
    for _ in range(5):
        clock.now += 1
        progress.update(line("pulling a", "sha256:a", progress.completed + 1_000, 10_000))
    assert progress.rate == pytest.approx(1_000)
    assert progress.eta == pytest.approx(5)


def test_the_rate_is_smoothed(progress: Progress, clock: Clock) -> None:
    progress.update(line("pulling a", "sha256:a", 0, 10**9))
    for _ in range(60):
        clock.now += 1
        progress.update(line("pulling a", "sha256:a", progress.completed + 1_000, 10**9))
    clock.now += 1
    progress.update(line("pulling a", "sha256:a", progress.completed + 11_000, 10**9))
    assert progress.rate is not None
    assert 1_000 < progress.rate < 4_000


def test_the_rate_falls_while_nothing_comes(progress: Progress, clock: Clock) -> None:
    progress.update(line("pulling a", "sha256:a", 0, 100))
    clock.now += 1
    progress.update(line("pulling a", "sha256:a", 50, 100))
    clock.now += 9
    assert progress.rate == pytest.approx(5)


def test_what_a_resumed_download_starts_with_is_no_rate(progress: Progress, clock: Clock) -> None:
    progress.update(line("pulling a", "sha256:a", 900, 1_000))
    clock.now += 1
    progress.update(line("pulling a", "sha256:a", 910, 1_000))
    assert progress.rate == pytest.approx(10)


def test_idle_is_the_time_without_a_change(progress: Progress, clock: Clock) -> None:
    progress.update(line("pulling a", "sha256:a", 1, 100))
    for _ in range(3):
        clock.now += 1
        progress.update(line("pulling a", "sha256:a", 1, 100))
    assert progress.idle == pytest.approx(3)
    progress.update(line("pulling a", "sha256:a", 2, 100))
    assert progress.idle == 0


def test_a_part_that_is_fetched_again_counts_back(progress: Progress, clock: Clock) -> None:
    progress.update(line("pulling a", "sha256:a", 50, 100))
    clock.now += 1
    progress.update(line("pulling a", "sha256:a", 20, 100))
    assert progress.completed == 20
    assert progress.rate == 0


def test_a_layer_may_have_no_total(progress: Progress) -> None:
    progress.update(line("pulling a", "sha256:a"))
    assert progress.total == 0
    assert progress.layers["sha256:a"].total is None
    progress.update(line("success"))
    assert progress.layers["sha256:a"].is_complete


@pytest.mark.parametrize("value", [-1, "7", 1.5, True, [1], 10**30, 10**400])
def test_odd_figures_of_a_server_do_no_harm(progress: Progress, clock: Clock, value: object) -> None:
    for fields in ({"total": 10, "completed": value}, {"completed": value}, {"total": value, "completed": 1}):
        progress.update({"status": "pulling a", "digest": "sha256:a", **fields})
        clock.now += 1
        assert 0 <= progress.fraction <= 1
        assert progress.rate is None or progress.rate >= 0
        assert progress.eta is None or progress.eta >= 0
    progress.update({"status": "pulling a", "digest": "sha256:a", "total": 10, "completed": value})
    progress.update({"status": value, "digest": value, "total": value, "completed": 10})
    assert 0 <= progress.fraction <= 1
    assert repr(progress)


def test_uploads_go_on_at_the_same_time(progress: Progress) -> None:
    progress.report("sha256:a", completed=10, total=100, status="uploading a")
    progress.report("sha256:b", completed=20, total=100)
    progress.report("sha256:a", completed=30, total=100)
    assert progress.completed == 50
    assert not progress.layers["sha256:a"].is_complete
    progress.finish()
    assert progress.is_complete
    assert progress.completed == 200


def test_threads_can_share_one(progress: Progress) -> None:
    def work(name: str) -> None:
        for count in range(1, 501):
            progress.report(name, completed=count, total=500)

    threads = [threading.Thread(target=work, args=(f"sha256:{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.completed == progress.total == 2000


def test_layers_are_a_copy(progress: Progress) -> None:
    progress.update(line("pulling a", "sha256:a", 1, 100))
    before = progress.layers
    progress.update(line("pulling a", "sha256:a", 2, 100))
    assert before["sha256:a"].completed == 1


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda progress: pickle.loads(pickle.dumps(progress))])
def test_a_copy_has_the_figures_of_its_time(clock: Clock, again: Callable[[Progress], Progress]) -> None:
    copies: list[Progress] = []
    progress = Progress(clock=clock, on_change=lambda progress: copies.append(again(progress)))
    for completed in (10, 20, 100):
        progress.update(line("pulling a", "sha256:a", completed, 100))
        clock.now += 1
    assert [(each.completed, each.total, each.rate, each.idle) for each in copies] == [
        (10, 100, None, 0),
        (20, 100, 10, 0),
        (100, 100, pytest.approx(48.5, rel=0.01), 0),
    ]
    copies[0].finish()
    assert (copies[0].is_complete, progress.is_complete, len(copies)) == (True, False, 3)
