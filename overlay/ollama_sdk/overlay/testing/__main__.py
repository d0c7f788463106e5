"""`python -m ollama_sdk.overlay.testing`: serve recordings or the embedded model until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue

from ollama_sdk.overlay.testing._server import OllamaServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the first line of output is the base URL.

    Args:
        arguments: The command line without the program; None takes the process's own.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ollama_sdk.overlay.testing", description="An Ollama-compatible server for trying and testing."
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=11434, help="the port; 0 takes a free one (default: %(default)s)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--recordings", metavar="DIR", help="replay the recordings of a folder")
    source.add_argument("--model", action="store_true", help="serve the embedded model (the default)")
    parser.add_argument(
        "--alias", metavar="NAME", action="append", default=[], help="another name for the embedded model"
    )
    parser.add_argument(
        "--num-predict",
        metavar="TOKENS",
        type=int,
        default=300,
        help="the longest answer, unless a request sets this option; -1 is without a limit (default: %(default)s)",
    )
    options = parser.parse_args(arguments)

    # Not an Event: `set()` would wait forever for the lock that `wait()`, which the signal interrupts, may hold.
    stop: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stop.put(number))
    with ExitStack() as stack:
        try:
            if options.recordings is not None:
                server = OllamaServer(options.recordings, pace=True, host=options.host, port=options.port)
            else:
                from ollama_sdk.overlay.testing._model import EmbeddedModel
                from ollama_sdk.overlay.testing._model_api import ModelApi

                model = stack.enter_context(EmbeddedModel())
                api = ModelApi(model, aliases=options.alias, parameters={"num_predict": options.num_predict})
                server = OllamaServer(responder=api, host=options.host, port=options.port)
            stack.enter_context(server)
        except (ImportError, OSError, ValueError) as error:
            print(f"{parser.prog}: {error}", file=sys.stderr)
            return 1
        print(server.url, flush=True)
        # Windows delivers Ctrl-C only between two waits.
        while True:
            with suppress(Empty):
                stop.get(timeout=1.0)
                return 0


if __name__ == "__main__":
    sys.exit(main())
