"""Ask the same of many rows, on one server or several; a run that was ended goes on where it was.

    python examples/batch.py http://gpu1:11434 http://gpu2:11434

Ctrl-C ends it, and the next run does the rest. Run it once more, and everything comes from the checkpoint.
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
    """The form of each answer."""

    city: str
    is_on_the_sea: bool


def main(hosts: list[str]) -> int:
    """Ask; the exit status is 0 when every row succeeded."""
    request = {"model": "llama3.2", "prompt": "The capital of {item}, as JSON.", "format": Capital}
    failed = 0
    for result in batch.map(COUNTRIES, request, hosts=hosts or None, checkpoint=CHECKPOINT, if_missing="pull"):
        if (capital := result.value) is not None:
            where = "from the checkpoint" if result.restored else f"by {result.host} in {result.seconds:.1f} s"
            print(f"{result.item}: {capital.city} ({where})", flush=True)
        else:
            failed += 1
            print(f"{result.item}: {result.error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OllamaError as error:
        sys.exit(f"batch: {error}")
    except KeyboardInterrupt:
        sys.exit("batch: what is finished is in capitals.jsonl")
