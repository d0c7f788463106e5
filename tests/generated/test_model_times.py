"""Points in time, as servers of many kinds write them."""

from __future__ import annotations

import datetime
import subprocess
import sys

import pytest

from ollama_sdk.generated.models import ChatResponse, EmbedResponse, GenerateResponse, ListResponse

UTC = datetime.UTC
BERLIN = datetime.timezone(datetime.timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T14:14:39Z", datetime.datetime(2026, 11, 23, 14, 14, 39, tzinfo=UTC)),
        ("2026-11-23T14:14:39.5Z", datetime.datetime(2026, 11, 23, 14, 14, 39, 500000, tzinfo=UTC)),
        ("2026-11-23T14:14:39.394927Z", datetime.datetime(2026, 11, 23, 14, 14, 39, 394927, tzinfo=UTC)),
        ("2026-11-23T14:14:39.394927652Z", datetime.datetime(2026, 11, 23, 14, 14, 39, 394927, tzinfo=UTC)),
        ("2026-11-23T14:14:39.394927652+01:00", datetime.datetime(2026, 11, 23, 14, 14, 39, 394927, tzinfo=BERLIN)),
        ("0001-01-01T00:00:00Z", datetime.datetime(1, 1, 1, tzinfo=UTC)),
        ("2318-03-04T23:47:16.854775807Z", datetime.datetime(2318, 3, 4, 23, 47, 16, 854775, tzinfo=UTC)),
        ("2026-11-23 14:14:39", datetime.datetime(2026, 11, 23, 14, 14, 39)),  # said without a zone
    ],
)
def test_a_time_is_read(text: str, expected: datetime.datetime) -> None:
    read = ChatResponse.from_dict({"created_at": text}).created_at
    assert read == expected
    assert read.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize("text", ["2026-11-23T24:00:00Z", "2026-11"])
def test_an_odd_form_of_iso_8601_is_read(text: str) -> None:
    assert ChatResponse.from_dict({"created_at": text}).created_at.year == 2026


def test_the_digits_of_a_time_are_not_lost_on_the_way_back() -> None:
    body = {"created_at": "2026-11-23T14:14:39.394927652Z"}
    response = ChatResponse.from_dict(body)
    assert response.created_at.microsecond == 394927
    assert response.to_dict() == body


def test_a_time_can_be_set() -> None:
    response = ChatResponse.from_dict({"created_at": "2026-11-23T14:14:39Z"})
    response.created_at = datetime.datetime(2027, 1, 1, tzinfo=UTC)
    assert response.created_at.year == 2027
    assert response["created_at"].year == 2027
    assert response.to_dict() == {"created_at": "2027-01-01T00:00:00+00:00"}


def test_a_time_by_key_is_the_same_as_by_attribute() -> None:
    models = ListResponse.from_dict({"models": [{"modified_at": "2026-11-23T14:13:03.278251215Z"}]}).models
    assert models is not None
    assert models[0]["modified_at"] == models[0].modified_at == models[0].get("modified_at")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-45T00:00:00Z", "9999-12-31T24:00:00Z", "1795443279"])
def test_a_text_that_is_no_time_is_read_as_it_is(text: str) -> None:
    response = ChatResponse.from_dict({"created_at": text})
    assert response.created_at == text
    assert response.to_dict() == {"created_at": text}
    assert repr(response) == f"ChatResponse(created_at={text!r})"


@pytest.mark.parametrize(
    ("text", "loaded"), [("2026-11-23T14:14:39.394927652Z", False), ("2026-11-23T24:00:00Z", True)]
)
def test_dateutil_is_imported_only_for_odd_forms(text: str, loaded: bool) -> None:
    program = (
        "import sys\n"
        "from ollama_sdk.generated.models import ChatResponse\n"
        f"ChatResponse.from_dict({{'created_at': {text!r}}}).created_at\n"
        "print('dateutil' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)


@pytest.mark.parametrize("model", [ChatResponse, GenerateResponse, EmbedResponse])
def test_nanoseconds_are_a_timedelta_too(model: type[ChatResponse]) -> None:
    response = model.from_dict({"total_duration": 5_250_001_900, "load_duration": 1_000})
    assert response.total_duration == 5_250_001_900
    assert response.total_time == datetime.timedelta(seconds=5, microseconds=250_002)
    assert response.load_time == datetime.timedelta(microseconds=1)
    assert model.from_dict({}).total_time is None


@pytest.mark.parametrize("model", [ChatResponse, GenerateResponse])
def test_tokens_per_second_are_told(model: type[ChatResponse]) -> None:
    response = model.from_dict(
        {"eval_count": 24, "eval_duration": 240_000_000, "prompt_eval_count": 12, "prompt_eval_duration": 10_000_000}
    )
    assert response.tokens_per_second == pytest.approx(100)
    assert response.prompt_tokens_per_second == pytest.approx(1200)
    assert response.eval_time == datetime.timedelta(milliseconds=240)
    assert response.prompt_eval_time == datetime.timedelta(milliseconds=10)


@pytest.mark.parametrize("figures", [{}, {"eval_count": 5}, {"eval_duration": 5}, {"eval_count": 5, "eval_duration": 0}])
def test_a_rate_that_cannot_be_told_is_none(figures: dict[str, int]) -> None:
    assert ChatResponse.from_dict(figures).tokens_per_second is None


def test_odd_figures_have_no_time() -> None:
    response = ChatResponse.from_dict({"total_duration": "5s", "eval_count": "many", "eval_duration": 10**40})
    assert (response.total_time, response.eval_time, response.tokens_per_second) == (None, None, None)


@pytest.mark.parametrize("figure", [10**400, -(10**400), float("nan"), float("inf")])
def test_figures_beyond_all_measure_have_no_time_and_no_rate(figure: float) -> None:
    response = ChatResponse.from_dict({"total_duration": figure, "eval_count": 10**400, "eval_duration": 5})
    assert (response.total_time, response.tokens_per_second) == (None, None)
    response = ChatResponse.from_dict({"eval_count": 5.5, "eval_duration": 10**400})
    assert response.tokens_per_second is None
