"""What the SDK does, on a real model: stream an answer, abort one, and get one as JSON.

Run it with `make demo`. It talks to the Ollama at OLLAMA_HOST, and where none answers to a small model that it runs by
itself. `python examples/demo.py qwen3:4b` picks one of your own models.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import ExitStack

from ollama_sdk.overlay import AbortError, Ollama, OllamaError

OPTIONS = {"temperature": 0, "seed": 1, "num_predict": 120}
SECOND = 1_000_000_000  # the API tells durations in nanoseconds


def main() -> int:
    """Run the three parts; the exit status is 0 when the model really answered."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    with ExitStack() as running:
        client = running.enter_context(Ollama())
        model = wanted or first_chat_model(client)
        if model is not None:
            print(f"Using {model} on the Ollama at {client.base_url}")
        else:
            print(f"No Ollama with a model at {client.base_url}: using a small model inside this program")
            client, model = embedded_model(running)
        tokens = stream_an_answer(client, model)
        abort_an_answer(client, model)
        answer_as_json(client, model)
    return 0 if tokens > 0 else 1


def stream_an_answer(client: Ollama, model: str) -> int:
    """Print an answer while it is being written, and how fast that went."""
    question = "Why is the sky blue? Answer in two sentences."
    print(f"\n1. Streaming: {question}\n")
    stream = client.chat(model, [user(question)], stream=True, think=False, options=OPTIONS)
    for text in stream.text:
        print(text, end="", flush=True)

    answer = stream.final()  # the whole answer, with the server's counts
    tokens, duration = answer.eval_count or 0, answer.eval_duration or 0
    speed = f"{tokens * SECOND / duration:.0f} tokens per second" if duration else "the server told no duration"
    print(f"\n\n   {tokens} tokens, {speed}")
    return tokens


def abort_an_answer(client: Ollama, model: str) -> None:
    """Stop an answer from another thread, as the stop button of a user interface does."""
    question = "Tell me a long story about a lighthouse."
    print(f"\n2. Abort: {question}\n")
    stop_button = threading.Event()
    stream = client.chat(model, [user(question)], stream=True, think=False, options=OPTIONS)

    def abort_when_pressed() -> None:
        stop_button.wait()
        stream.abort()

    threading.Thread(target=abort_when_pressed, daemon=True).start()
    try:
        for number, text in enumerate(stream.text, start=1):
            print(text, end="", flush=True)
            if number == 20:
                stop_button.set()
        print("\n\n   The answer was over before it could be aborted")
    except AbortError as error:
        arrived = stream.partial.message.content if stream.partial else ""
        print(f"\n\n   AbortError: {error}; {len(arrived)} characters had arrived")
    finally:
        stop_button.set()

    answer = client.chat(model, [user("Say hello.")], think=False, options=OPTIONS)
    print(f"   The next request works at once: {answer.message.content!r}")


def answer_as_json(client: Ollama, model: str) -> None:
    """Ask for an answer in the form of a JSON schema, all at once."""
    question = "In which city and country is the Eiffel Tower? As JSON."
    print(f"\n3. JSON: {question}\n")
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
        "required": ["city", "country"],
        "additionalProperties": False,
    }
    answer = client.chat(model, [user(question)], format=schema, think=False, options=OPTIONS)
    print(f"   {json.loads(answer.message.content)}")


def user(text: str) -> dict[str, str]:
    """A message of the user."""
    return {"role": "user", "content": text}


def first_chat_model(client: Ollama) -> str | None:
    """The name of a model that can chat, or None when there is no server or no such model."""
    if not client.is_running():
        return None
    for model in client.list().models:
        # Servers before 0.12 do not tell in the list what a model can do.
        if "completion" in (model.capabilities or ["completion"]):
            return model.model
    return None


def embedded_model(running: ExitStack) -> tuple[Ollama, str]:
    """Start a server with a real, small model in this process, and make a client of it."""
    from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer

    model = running.enter_context(EmbeddedModel())
    server = running.enter_context(OllamaServer(responder=ModelApi(model)))
    return running.enter_context(Ollama(server.url)), model.name


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OllamaError as error:
        sys.exit(f"demo: {error}")
