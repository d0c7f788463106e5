"""What the SDK does, on a real model: `make demo`, or `python examples/demo.py [MODEL]`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from demo_model import a_model

from ollama_sdk.overlay import AbortError, AsyncOllama, Ollama, OllamaError

OPTIONS = {"temperature": 0, "seed": 1, "num_predict": 300}


@dataclass
class Place:
    city: str
    country: str


def population(city: str) -> int:
    """Tell how many people live in a city."""
    print(f"[the model calls population({city!r})]")
    return {"Paris": 2_100_000}.get(city, 0)


def main(client: Ollama, model: str) -> None:
    """Run the five parts."""
    asked = question("1. A stream", "What is a computer? Answer in one sentence.")
    stream = client.chat(model, asked, stream=True, think=False, options=OPTIONS)
    for text in stream.text:
        print(text, end="", flush=True)
    answer = stream.final()  # the whole answer, with the server's figures
    print(f"\n[{answer.eval_count or 0} tokens, {answer.tokens_per_second or 0:.0f} a second]")
    if not answer.eval_count:
        sys.exit("demo: the model wrote nothing")

    asked = question("2. An answer that is stopped", "Tell me a long story about a lighthouse.")
    stream = client.chat(model, asked, stream=True, think=False, options=OPTIONS)
    try:
        for number, text in enumerate(stream.text):
            print(text, end="", flush=True)
            if number == 20:
                stream.abort()  # as a stop button does, from any thread; the server stops generating
    except AbortError as error:
        print(f"\n[{error}]")

    asked = question("3. A type as the answer", "In which city and country is the Eiffel Tower? As JSON.")
    print(client.chat(model, asked, format=Place, think=False, options=OPTIONS).parsed)

    asyncio.run(at_once(client.base_url, model))

    asked = question("5. A function as a tool", "How many people live in Paris?")
    print(client.run_tools(model, asked, tools=[population], think=False, options=OPTIONS).message.content)


async def at_once(host: str, model: str) -> None:
    """Ask two questions at the same time."""
    first = question("4. Async, two at once", "What is the capital of Japan?")
    second = question("", "What is a lighthouse? Answer in one sentence.")
    async with AsyncOllama(host) as client:
        asked = [client.chat(model, one, think=False, options=OPTIONS) for one in (first, second)]
        for answer in asyncio.as_completed(asked):
            print((await answer).message.content)


def question(title: str, text: str) -> list[dict[str, str]]:
    """Print a question, and return the conversation that begins with it."""
    print(f"\n{title}\n" if title else "", f"> {text}", sep="")
    return [{"role": "user", "content": text}]


if __name__ == "__main__":
    try:
        with a_model(*sys.argv[1:2]) as (client, model):
            main(client, model)
    except (ImportError, OllamaError) as error:
        sys.exit(f"demo: {error}")
