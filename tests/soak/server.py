"""The fault server of the soak, in a process of its own: how it answers is the name of the model that is asked for."""

from __future__ import annotations

import random
import sys
import time

from overlay.fault_table import FAULT_TABLE, PATH

from ollama_sdk.overlay.testing import (
    FAULTS,
    Json,
    Line,
    Never,
    OllamaServer,
    Pause,
    Received,
    Reply,
    answer,
    answer_lines,
)
from ollama_sdk.overlay.testing._exchange import Exchange

CONNECTIONS = "/soak/connections"
"""Tells how many connections are open, that of the question included."""
TOO_LARGE = {"ten_megabyte_line", "nested_too_deeply"}
FAULT_NAMES = [name for name, row in FAULT_TABLE.items() if not row.settings and name not in TOO_LARGE]
_LINES = [Line(line) for line in answer_lines(PATH)]


def reply(received: Received) -> Reply:
    """What the server says."""
    name, stream = received.json["model"], received.json["stream"]
    if name == "healthy" or received.path == "/healthy":
        return answer(PATH, stream=stream)
    if name == "slow":
        steps = (
            [step for line in _LINES for step in (Pause(0.02), line)]
            if stream
            else [Pause(0.05), *answer(PATH, stream=False).steps]
        )
        return Reply(*steps)
    if name == "never_begins":
        return Reply(Never())
    if name == "never_ends":
        return Reply(_LINES[0], Never())
    row = FAULT_TABLE[name]
    made = FAULTS[name].reply(PATH) if row.reply is None else row.reply(stream)
    return made if isinstance(made, Reply) else made(received)


class ForgetfulServer(OllamaServer):
    """Closes a fifth of the connections while they are idle, without having said so."""

    def _answer(self, exchange: Exchange) -> bool:
        keeps = super()._answer(exchange)
        if keeps and random.random() < 0.2:
            time.sleep(random.uniform(0, 0.02))  # the next request may be on its way
            return False
        return keeps


def main() -> None:
    """Serve until the standard input ends; the base URL is the first line of output."""
    with (ForgetfulServer if "--stale" in sys.argv else OllamaServer)() as server:
        server.reply("POST", "*", reply)
        for name in FAULT_NAMES:
            if name in FAULTS:
                for path, elsewhere in FAULTS[name].elsewhere(PATH).items():
                    server.reply("POST", path, elsewhere)
        server.reply("GET", CONNECTIONS, lambda received: Reply(Json({"open": server.open_connections})))
        print(server.url, flush=True)
        sys.stdin.read()
        while server.open_connections:
            time.sleep(0.01)


if __name__ == "__main__":
    main()
