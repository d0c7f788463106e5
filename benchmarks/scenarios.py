"""What is measured: the scenarios, what counts as one item of each, and what this SDK wants to reach."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scenario:
    """One thing that a client does again and again.

    Attributes:
        label: What stands in the table.
        prefix: Stands before /api in the load server's paths, and chooses its answer.
        items: How many items one repetition has.
        targets: How many times as fast as each of these peers this SDK wants to be.
        pure_target: The same beside ollama-python, without msgspec and httptools.
        at_most: How many times the CPU of an item of another scenario one of this may take, by scenario.
        warm_up: The prefix for the repetition that is not measured, where it is another one.
    """

    label: str
    prefix: str = ""
    items: int = 1
    targets: dict[str, float] = field(default_factory=dict)
    pure_target: float = 1.0
    at_most: dict[str, float] = field(default_factory=dict)
    warm_up: str = ""

    @property
    def is_stream(self) -> bool:
        """Whether the load server must never keep the client waiting."""
        return self.prefix.startswith(("/chunks", "/tools"))


# At most 0.9 of the CPU of ollama-js, and at most 1.5 of the floor's.
_STREAM_TARGETS = {"ollama-python": 7.0, "ollama-js": 1 / 0.9, "floor": 1 / 1.5}


def _stream(label: str, **settings: object) -> Scenario:
    defaults = {"prefix": "/chunks-10000", "items": 10_001, "targets": _STREAM_TARGETS}
    return Scenario(label, **{**defaults, "pure_target": 1.3, **settings})


LONG = ("chat", "chat_async", "generate")
"""The streams of which a long one may cost little more a chunk, and no memory."""


def _long(name: str) -> Scenario:
    label, length = f"200,000 chunks of {name.replace('_', ', ')}", {"prefix": "/chunks-200000", "items": 200_001}
    return Scenario(label, **length, at_most={name: 1.1}, warm_up="/chunks-20000")


LIVE = {1: {}, 32: {}, 256: {"targets": {"ollama-python": 4.0, "aiohttp": 1.0}}, 1000: {"at_most": {"live_256": 1.15}}}
"""How many streams are read at once, each of which brings a token at a time, and what is wanted then."""

IDLE = {10: {}, 2000: {"at_most": {"idle_10": 1.2}}}
"""How many idle connections there are while small requests are sent, and what is wanted then."""

ROWS = 2_000
"""Of a batch."""


def _live(count: int) -> Scenario:
    label = f"{count:,} live streams, async" if count > 1 else "a live stream, async"
    return Scenario(label, f"/live-20-{count}", count * 21, **LIVE[count])


SCENARIOS = {
    "chat": _stream("streamed chat"),
    "chat_async": _stream("streamed chat, async"),
    "generate": _stream("streamed generate"),
    "generate_async": _stream("streamed generate, async"),
    **{f"{name}_long": _long(name) for name in LONG},
    "tools": _stream("tool-call messages", prefix="/tools-5000", items=5_001, targets={"ollama-python": 5.0}),
    "streams_32": _stream(
        "32 streams at once, async", prefix="/chunks-500", items=32 * 501, targets={"ollama-python": 6.0}
    ),
    "paced": _stream("streamed chat, each chunk alone", prefix="/live-1000", items=1_001, targets={}),
    **{f"live_{count}": _live(count) for count in LIVE},
    "version": Scenario("version", targets={"ollama-python": 2.5}),
    "version_async": Scenario("version, async", targets={"ollama-python": 2.5}),
    **{f"idle_{count}": Scenario(f"version, {count:,} idle connections, async", **IDLE[count]) for count in IDLE},
    "chat_whole": Scenario("chat, not streamed"),
    "chat_whole_async": Scenario("chat, not streamed, async"),
    "chat_telemetry": Scenario("chat, not streamed, with telemetry"),
    "gather": Scenario("chats of asyncio.gather", items=ROWS),
    "batch": Scenario("rows of a batch", items=ROWS, at_most={"gather": 1.5}),
    "embed": Scenario("embed, 256 vectors of 768", targets={"ollama-python": 4.5}),
    "embed_numpy": Scenario("embed, as a numpy array", targets={"ollama-python": 8.0}),
    "conversation": Scenario("chat with 1,000 messages"),
    "list_1000": Scenario("list of 1,000 models", prefix="/models-1000", targets={"floor": 1 / 3}),
    "show_verbose": Scenario("show, everything", targets={"floor": 1 / 3}),
    # These two send nothing: the floor is the bare decode of the same bytes.
    "chunk_model": Scenario("the model of a chunk", items=1000, targets={"floor": 1 / 3}),
    "to_dict": Scenario("to_dict of a chat with 1,000 messages", targets={"floor": 1 / 3}),
    "import": Scenario("import", targets={"ollama-python": 2.5}),
    "first_client": Scenario("import and first client", targets={"ollama-python": 2.5}),
    "first_answer": Scenario("import, client and first answer"),
}
"""By the name that contenders know them by."""
