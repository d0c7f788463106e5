"""`systemone`: questions about a state, on the wire and back."""

from __future__ import annotations

from typing import Any

import pytest
from overlay.callers import Api

from ollama_sdk.overlay import NotFoundError, RequestError, SystemOneQuestion
from ollama_sdk.overlay.testing import Json, OllamaServer

TEAM = {"type": "choice", "instructions": "Which team?", "criteria": {"billing": "Payments", "technical": None}}
ANSWER = {
    "model": "nimble",
    "answers": {
        "team": {"type": "choice", "choice": "technical", "probabilities": {"technical": 0.9}, "confidence": 0.8},
        "outage": {"type": "noul", "noul": 0.81},
    },
    "usage": {"input_tokens": 120, "output_tokens": 3},
}


def test_questions_go_out_in_their_order_and_answers_come_back_by_name(api: Api, server: OllamaServer):
    server.reply("POST", "/v1/systemone", Json(ANSWER))
    outage = SystemOneQuestion(type_="noul", instructions="Is it down?")

    response = api.systemone("nimble", {"errors": 500}, {"team": TEAM, "outage": outage}, keep_alive="5m")

    sent = server.requests[0].json
    assert sent == {
        "model": "nimble",
        "state": {"errors": 500},
        "questions": {"team": TEAM, "outage": {"type": "noul", "instructions": "Is it down?"}},
        "keep_alive": "5m",
    }
    assert list(sent["questions"]) == ["team", "outage"]
    assert response.answers["team"].choice == "technical"
    assert response.answers["team"].probabilities == {"technical": 0.9}
    assert response.answers["outage"].noul == 0.81
    assert response.usage.input_tokens == 120


def test_an_older_server_does_not_know_the_route(api: Api):
    with pytest.raises(NotFoundError, match="new enough"):
        api.systemone("nimble", "text", {"team": TEAM})


@pytest.mark.parametrize(
    ("state", "questions", "message"),
    [
        (None, {"team": TEAM}, "state must be"),
        ("text", {}, "at least one"),
        ("text", [TEAM], "must map names"),
        ("text", {"team": "Which?"}, r"questions\['team'\] must be a dict"),
        ("text", {"team": {"instructions": "Which?"}}, r"questions\['team'\] has no type"),
        ("text", {"team": {"type": "noul"}}, r"questions\['team'\] has no instructions"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_sent(
    api: Api, server: OllamaServer, state: Any, questions: Any, message: str
):
    with pytest.raises(RequestError, match=message):
        api.systemone("nimble", state, questions)
    assert server.requests == []
