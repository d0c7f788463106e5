"""`list()` and `ps()` print as a table, and are the same responses otherwise."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from overlay.callers import Api

from ollama_sdk.generated.models import ListResponse, ProcessResponse
from ollama_sdk.overlay._library import tables
from ollama_sdk.overlay._library.tables import human_age, human_size
from ollama_sdk.overlay.testing import Json, OllamaServer

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
DIGEST = "9077fe9d2ae1a4a41a868836b56b8163731a8fe16621397028c2c76f838c6907"


def ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


MODELS: list[dict[str, Any]] = [
    {"name": "smollm2:135m", "model": "smollm2:135m", "digest": DIGEST, "size": 98_362_432, "modified_at": ago(days=3)},
    {"name": "big", "digest": f"sha256:{DIGEST}", "size": 1_321_098_329, "modified_at": ago(hours=1.5)},
    {"name": "kimi-k2.6:cloud", "size": 0, "modified_at": "nonsense"},
]
LOADED: list[dict[str, Any]] = [
    {
        "name": "cpu",
        "digest": DIGEST,
        "size": 1000,
        "size_vram": 0,
        "context_length": 4096,
        "expires_at": ago(days=-1.5),
    },
    {"name": "gpu", "size": 1000, "size_vram": 1000, "context_length": 8192, "expires_at": "2318-03-04T23:47:16Z"},
    {"name": "both", "size": 1000, "size_vram": 700, "expires_at": ago(minutes=1)},
    {"name": "old server"},
]


@pytest.fixture
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_since", lambda moment: NOW - moment)


@pytest.fixture
def listing(server: OllamaServer) -> OllamaServer:
    server.reply("GET", "/api/tags", Json({"models": MODELS}))
    server.reply("GET", "/api/ps", Json({"models": LOADED}))
    return server


@pytest.mark.usefixtures("_stopped_clock")
def test_the_models_print_as_a_table(api: Api, listing: OllamaServer):
    assert str(api.list()) == "\n".join(
        [
            "NAME              ID             SIZE     MODIFIED",
            "smollm2:135m      9077fe9d2ae1   98 MB    3 days ago",
            "big               9077fe9d2ae1   1.3 GB   1 hour ago",
            "kimi-k2.6:cloud                  -",
        ]
    )


@pytest.mark.usefixtures("_stopped_clock")
def test_the_loaded_models_print_as_a_table(api: Api, listing: OllamaServer):
    assert str(api.ps()) == "\n".join(
        [
            "NAME         ID             SIZE     PROCESSOR         CONTEXT   UNTIL",
            "cpu          9077fe9d2ae1   1.0 kB   100% CPU          4096      1 day from now",
            "gpu                         1.0 kB   100% GPU          8192      forever",
            "both                        1.0 kB   30%/70% CPU/GPU             stopping",
            "old server                  -        unknown",
        ]
    )


def test_a_size_beyond_64_bits_is_shown_as_none(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Json({"models": [{"name": "a", "size": 10**400}]}))
    assert str(api.list()).splitlines()[1].split() == ["a", "-"]


@pytest.mark.parametrize("models", [None, []])
def test_no_models_are_a_table_without_rows(api: Api, server: OllamaServer, models: object):
    server.reply("GET", "/api/tags", Json({"models": models}))
    assert str(api.list()) == "NAME   ID   SIZE   MODIFIED"


def test_a_notebook_shows_a_table(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Json({"models": [{"name": "<script>", "digest": DIGEST, "size": 5}]}))
    assert api.list()._repr_html_() == (
        "<table><thead><tr><th>NAME</th><th>ID</th><th>SIZE</th><th>MODIFIED</th></tr></thead>"
        "<tbody><tr><td>&lt;script&gt;</td><td>9077fe9d2ae1</td><td>5 B</td><td></td></tr></tbody></table>"
    )


def test_a_name_cannot_steer_the_terminal(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Json({"models": [{"name": "a\x1b[2Jb\nc"}]}))
    assert "a?[2Jb?c" in str(api.list())


@pytest.mark.parametrize(("name", "model", "rows"), [("list", ListResponse, MODELS), ("ps", ProcessResponse, LOADED)])
def test_the_response_is_otherwise_what_it_was(
    api: Api, listing: OllamaServer, name: str, model: type[ListResponse], rows: list[dict[str, Any]]
):
    response = getattr(api, name)()
    plain = model.from_dict({"models": rows})
    assert isinstance(response, model)
    assert response == plain
    assert plain == response
    assert repr(response) == repr(plain)
    assert response.to_dict() == {"models": rows}
    assert response.models[0].name == response["models"][0]["name"] == rows[0]["name"]
    assert str(pickle.loads(pickle.dumps(response))) == str(response)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_990, "10.0 kB"), (10_500, "10 kB"), (999_999, "999 kB"),
        (1_000_000, "1.0 MB"), (4 * 10**12, "4.0 TB"), (5 * 10**15, "5000 TB"),
    ],
)  # fmt: skip
def test_sizes_have_a_unit(size: int, text: str):
    assert human_size(size) == text


@pytest.mark.usefixtures("_stopped_clock")
@pytest.mark.parametrize(
    ("time", "text"),
    [
        ({"minutes": 1.5}, "1 minute ago"),
        ({"minutes": 2.5}, "2 minutes ago"),
        ({"days": 15}, "2 weeks ago"),
        ({"days": 45}, "1 month ago"),
        ({"days": 800}, "2 years ago"),
        ({"minutes": -4.5}, "4 minutes from now"),
    ],
)
def test_times_are_told_from_now(time: dict[str, float], text: str):
    assert human_age(NOW - timedelta(**time)) == text


def test_a_time_without_a_zone_is_taken_for_utc():
    moment = datetime.now(UTC) - timedelta(days=17.5)  # the middle of what is told as two weeks
    assert human_age(moment) == human_age(moment.replace(tzinfo=None)) == "2 weeks ago"


def test_what_is_no_time_is_told_as_nothing():
    assert human_age(None) == human_age("soon") == ""
