"""Ask the same of many rows, on the servers that are named: `python examples/batch.py [URL ...]`.

Run it twice: the second time everything comes from the checkpoint. Ctrl-C ends it, and the next run goes on there.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ollama_sdk.overlay import OllamaError, batch

CHECKPOINT = Path("capitals.jsonl")
COUNTRIES = ["Norway", "France", "Italy", "Egypt", "Peru", "India", "Japan", "Ecuador", "Germany", "Spain"]


@dataclass
class Capital:
    """What an answer is to be."""

    city: str
    is_on_the_sea: bool


def main(hosts: list[str]) -> int:
    """Ask; the exit status is 0 when every row succeeded."""
    request = {"model": "llama3.2", "prompt": "The capital of {item}, as JSON.", "format": Capital}
    failed = 0
    for result in batch.map(COUNTRIES, request, hosts=hosts or None, checkpoint=CHECKPOINT, if_missing="pull"):
        if (capital := result.value) is not None:
            where = "from the checkpoint" if result.restored else f"by {result.host} in {result.seconds:.1f} s"
            print(f"{result.item}: {capital.city} ({where})")
        else:
            failed += 1
            print(f"{result.item}: {result.error}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OllamaError as error:
        sys.exit(f"batch: {error}")
    except KeyboardInterrupt:
        sys.exit("batch: what is finished is in capitals.jsonl")
