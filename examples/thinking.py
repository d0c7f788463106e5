"""Show what a model thinks apart from what it answers.

    python examples/thinking.py --think high "What is 17 times 23?"

The thoughts go to standard error, dimmed in a terminal, and the answer to standard output: `> answer.txt` has it alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from time import monotonic

from ollama_sdk.overlay import Ollama, OllamaError

LEVELS: dict[str, bool | str] = {"no": False, "yes": True, "low": "low", "medium": "medium", "high": "high"}


def dimmed(text: str) -> str:
    """A text in a paler colour, where it is read on a terminal that has colours."""
    return f"\x1b[2m{text}\x1b[0m" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else text


def main(model: str, question: str, level: str) -> None:
    """Print the thoughts and the answer while they are written."""
    began, thinks = monotonic(), False
    messages = [{"role": "user", "content": question}]
    with Ollama() as client, client.chat(model, messages, think=LEVELS[level], stream=True) as stream:
        for chunk in stream:
            message = chunk.message
            if message is None:
                continue
            if message.thinking:
                thinks = True
                print(dimmed(message.thinking), end="", flush=True, file=sys.stderr)
            if message.content:
                if thinks:
                    thinks = False
                    print(dimmed(f"\n[thought for {monotonic() - began:.1f} s]\n"), file=sys.stderr)
                print(message.content, end="", flush=True)
        print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Show what a model thinks apart from what it answers.")
    parser.add_argument("question")
    parser.add_argument("--model", default="qwen3")
    parser.add_argument("--think", choices=LEVELS, default="yes", help="levels are for models such as gpt-oss")
    arguments = parser.parse_args()
    try:
        main(arguments.model, arguments.question, arguments.think)
    except OllamaError as error:
        sys.exit(f"thinking: {error}")
