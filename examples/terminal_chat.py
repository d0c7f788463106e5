"""Chat in a terminal: `python examples/terminal_chat.py [MODEL]`.

Ctrl-C stops an answer, and the conversation goes on. At the prompt it ends the program, as Ctrl-D does.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ollama_sdk.overlay import AbortError, ChatResponse, Message, Ollama, OllamaError


def main(model: str) -> None:
    """Read questions and print answers until the input ends."""
    messages: list[Message] = []
    with Ollama() as client:
        for question in questions():
            messages.append(Message(role="user", content=question))
            try:
                answer = ask(client, model, messages)
            except OllamaError as error:
                print(f"[{error}]")
                answer = None
            if answer is not None and answer.message is not None:
                messages.append(answer.message)
            else:
                messages.pop()  # without an answer, the question is forgotten


def questions() -> Iterator[str]:
    """Read one line after the other, until Ctrl-C or Ctrl-D."""
    while True:
        try:
            if line := input("> ").strip():
                yield line
        except (EOFError, KeyboardInterrupt):
            print()
            return


def ask(client: Ollama, model: str, messages: list[Message]) -> ChatResponse | None:
    """Print an answer while it is written; return it, or what there is of it when it was stopped."""
    with ctrl_c_aborts(client):
        try:
            stream = client.chat(model, messages, stream=True)
            for text in stream.text:
                print(text, end="", flush=True)
        except AbortError as error:
            print(" [stopped]")
            return error.partial if isinstance(error.partial, ChatResponse) else None
    answer = stream.final()  # it has been read: this is the whole, with the server's figures
    speed = f", {answer.tokens_per_second:.1f} tokens a second" if answer.tokens_per_second else ""
    print(f"\n[{answer.eval_count} tokens{speed}]")
    return answer


@contextmanager
def ctrl_c_aborts(client: Ollama) -> Iterator[None]:
    """Let Ctrl-C end the calls of a client, rather than the program."""
    before = signal.signal(signal.SIGINT, lambda number, frame: client.abort())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "llama3.2")
