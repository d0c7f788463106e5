"""Points in time, as servers of many kinds write them."""

from __future__ import annotations

import datetime
import subprocess
import sys

import pytest

from ollama_sdk.generated.models import ChatResponse, ListResponse

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
