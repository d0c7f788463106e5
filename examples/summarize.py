"""Sum up a text file: `python examples/summarize.py FILE`. test_summarize.py beside it tests this program."""

from __future__ import annotations

import sys
from pathlib import Path

from ollama_sdk.overlay import IncompleteStreamError, NotFoundError, Ollama, OllamaError

MODEL = "llama3.2"
LONGEST = 20_000  # characters that fit into num_ctx


def main(path: str) -> int:
    """Print the summary while it is written; the exit status is 0 when it is whole."""
    text = Path(path).read_text(encoding="utf-8")
    prompt = f"Sum up this text in three sentences:\n\n{text[:LONGEST]}"
    try:
        with Ollama() as client:
            for piece in client.generate(MODEL, prompt, stream=True, options={"num_ctx": 8192}).text:
                print(piece, end="", flush=True)
            print()
    except NotFoundError:
        print(f"The model is not there: ollama pull {MODEL}", file=sys.stderr)
    except IncompleteStreamError:
        print("\nThe rest is missing: the connection was closed.", file=sys.stderr)
    except OllamaError as error:
        print(f"summarize: {error}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["LICENSE"]))
