"""`make contract HOST=...`: whether a running server answers as the description says.

The exit status is 0 when it does, 1 when the description does not allow an answer, 2 when there is no server
or the description cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from maintenance.contract.run import Result, UnreachableError, call_operations
from maintenance.description import OWN, UnreadableError, read_description
from maintenance.spec_diff.fields import operations_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Call the server's operations, and print what it answers against the description."""
    parser = argparse.ArgumentParser(prog="contract", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--host", default=os.environ.get("OLLAMA_HOST") or "127.0.0.1:11434", help="the server")
    parser.add_argument("--description", type=Path, default=OWN, help="the API description (default: openapi.yaml)")
    parser.add_argument("--model", help="a model that the server has (default: the first that can write)")
    parser.add_argument("--write", action="store_true", help="also call what changes something on the server")
    parser.add_argument("--generated", type=int, default=20, help="made-up requests each (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=600.0, help="stop after that long (default: %(default)s)")
    settings = vars(parser.parse_args(arguments))
    try:
        settings["description"] = read_description(settings["description"])
        operations_of(settings["description"])  # so that nothing is called when an operation is malformed
        results = []
        for result in call_operations(**settings, api_key=os.environ.get("OLLAMA_API_KEY")):
            results.append(result)
            print(_as_text(result), flush=True)
    except (UnreadableError, UnreachableError, ValueError) as error:
        print("contract:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    print(_summary(results))
    return 1 if any(result.problems for result in results) else 0


def _as_text(result: Result) -> str:
    answers = ", ".join(f"{status} x{count}" for status, count in sorted(result.statuses.items()))
    told = "; ".join(text for text in (answers, result.left_out) if text) or "no answer"
    lines = [f"{'WRONG' if result.problems else '  -  ' if not answers else '  ok '}  {result.operation:50}{told}"]
    return "\n".join(lines + [f"         {problem}   [{call}]" for problem, call in result.problems.items()])


def _summary(results: list[Result]) -> str:
    wrong = sum(bool(result.problems) for result in results)
    called = sum(bool(result.statuses or result.problems) for result in results)
    return f"{len(results)} operations: {called - wrong} as described, {wrong} not, {len(results) - called} not checked"


if __name__ == "__main__":
    sys.exit(main())
