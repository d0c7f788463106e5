"""Describe pictures: a sentence, the text on them, and how many people are to be seen.

python examples/vision.py *.png *.jpg
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ollama_sdk.overlay import Ollama, OllamaError

MODEL = "gemma3"


@dataclass
class Picture:
    """What is on a picture."""

    caption: Annotated[str, "One sentence that tells a blind person what is to be seen."]
    text: Annotated[str, "The words that are written on it, or an empty text."]
    people: Annotated[int, "How many people are to be seen."]


def describe(client: Ollama, path: Path) -> Picture:
    """Ask the model about one picture."""
    question = {"role": "user", "content": "Describe this picture, as JSON.", "images": [path]}
    return client.chat(MODEL, [question], format=Picture, options={"temperature": 0}).parsed


def main(paths: list[Path]) -> int:
    """Describe each picture; the exit status is 0 when all could be described."""
    failed = 0
    with Ollama() as client:
        if "vision" not in (client.show(MODEL).capabilities or []):
            sys.exit(f"vision: {MODEL} at {client.base_url} has no vision; set MODEL to a model that has it")
        for path in paths:
            try:
                picture = describe(client, path)
            except OllamaError as error:
                print(f"{path}: {error}", file=sys.stderr)
                failed += 1
                continue
            print(f"{path}: {picture.caption}")
            if picture.text:
                print(f"    It says: {picture.text}")
            if picture.people:
                print(f"    People: {picture.people}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main([Path(name) for name in sys.argv[1:]]) if len(sys.argv) > 1 else __doc__)
    except OllamaError as error:
        sys.exit(f"vision: {error}")
