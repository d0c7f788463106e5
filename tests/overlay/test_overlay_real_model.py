"""From end to end: both clients, a real socket, and a real model in this process."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from overlay.callers import Api, LoopThread

from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer

if importlib.util.find_spec("xllamacpp") is None:
    pytest.skip("the embedded model needs xllamacpp: pip install 'ollama-sdk[testing]'", allow_module_level=True)

MODEL = "smollm2:135m"
SHORT = {"temperature": 0, "seed": 1, "num_predict": 8}


@pytest.fixture(scope="module")
def model_server(model: EmbeddedModel) -> Iterator[OllamaServer]:
    with OllamaServer(responder=ModelApi(model)) as running:
        yield running


@pytest.fixture(scope="module")
def loop_thread() -> Iterator[LoopThread]:
    """With patience for a model on a busy machine."""
    thread = LoopThread(patience=300)
    yield thread
    thread.stop()


@pytest.fixture
def real(make_api: Callable[..., Api], model_server: OllamaServer) -> Api:
    """A client of the real model."""
    return make_api(model_server.url)


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_a_chat(real: Api):
    question = user("Why is the sky blue?")
    stream = real.chat(MODEL, question, options=SHORT, stream=True)
    texts = stream.texts()
    final = stream.final()
    assert final.message.content == "".join(texts)
    assert len(texts) > 1
    assert final.done_reason == "length"
    assert final.eval_count == 8
    again = real.chat(MODEL, [*question, final.message, *user("In one word?")], options=SHORT)
    assert again.message.content.strip()
    assert again.prompt_eval_count > final.prompt_eval_count


def test_a_generation(real: Api):
    response = real.generate(MODEL, "The capital of France is", raw=True, options=SHORT)
    assert "Paris" in response.response
    assert response.eval_count == 8


def test_an_embedding(real: Api):
    sky, same, other = real.embed(MODEL, ["The sky is blue.", "The sky is blue.", "Add two cups of flour."]).embeddings

    def closeness(one: list[float], two: list[float]) -> float:
        return sum(a * b for a, b in zip(one, two, strict=True))

    assert math.hypot(*sky) == pytest.approx(1, abs=1e-5)
    assert closeness(sky, same) > closeness(sky, other)


def test_embeddings_in_batches_are_those_of_one_request(real: Api):
    texts = ["The sky is blue.", "Add two cups of flour.", "The grass is green."]
    whole, batches = real.embed(MODEL, texts), real.embed(MODEL, texts, batch_size=2)
    assert batches.prompt_eval_count == whole.prompt_eval_count
    for one, other in zip(whole.embeddings, batches.embeddings, strict=True):
        assert one == pytest.approx(other, abs=1e-3)


@pytest.mark.parametrize(("kind", "stream"), [("sync", False), ("async", True)])
def test_a_conversation_with_tools(real: Api, stream: bool):
    asked: list[str] = []

    def population(city: str) -> int:
        """Tell how many people live in a city.

        Args:
            city: The name of the city.
        """
        asked.append(city)
        return 2_100_000

    async def weather(city: str, unit: Literal["celsius", "kelvin"] = "celsius") -> str:
        """Tell the weather in a city."""
        raise AssertionError("nobody asked for the weather")

    response = real.run_tools(
        MODEL,
        user("How many people live in Paris?"),
        tools=[weather, population],
        stream=stream,
        options={**SHORT, "num_predict": 20},
    )
    if stream:
        text = "".join(response.texts())
        response = response.final()
        assert text == response.message.content
    assert asked == ["Paris"]
    assert "2100000" in response.message.content
    roles = [message["role"] for message in response.messages]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert response.messages[2].tool_call_id == response.messages[1].tool_calls[0].id


@dataclass
class City:
    name: Literal["Paris", "Rome"]
    people: int


@pytest.mark.parametrize(("kind", "method", "stream"), [("sync", "chat", False), ("async", "generate", True)])
def test_an_object(real: Api, method: str, stream: bool):
    question: Any = "Tell me about Paris, which has 2 million people."
    question = user(question) if method == "chat" else question
    options = {**SHORT, "num_predict": 60}
    response = getattr(real, method)(MODEL, question, format=City, stream=stream, options=options)
    parsed = (response.final() if stream else response).parsed
    assert isinstance(parsed, City)
    assert parsed.name in ("Paris", "Rome")
    assert type(parsed.people) is int
