"""The failures between a client and an Ollama server, by name, and healthy answers to compare with."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ollama_sdk.overlay.testing._script import (
    Cut,
    Drip,
    Json,
    Line,
    Pause,
    Reply,
    Reset,
    Send,
    Start,
    Step,
)

_CREATED_AT: Final = "2026-01-02T03:04:05.678901234Z"
_MODEL: Final = "smollm2:135m"
_METRICS: Final = {
    "total_duration": 30_000_000,
    "load_duration": 1_000_000,
    "prompt_eval_count": 7,
    "prompt_eval_duration": 9_000_000,
    "eval_duration": 20_000_000,
}
# With a three-byte and a four-byte character, for the faults in the middle of one.
_TEXTS: Final = ("The sky", " is blue \u2014 ", "mostly \U0001f30d.")
_NDJSON: Final = {"Content-Type": "application/x-ndjson"}
_HTML: Final = (
    b"<html><head><title>502 Bad Gateway</title></head>\r\n"
    b"<body><center><h1>502 Bad Gateway</h1></center></body></html>\r\n"
)
REDIRECTED: Final = "/redirected"
"""The prefix of the paths that the redirect faults point to."""


ToolCall = tuple[str, Mapping[str, object]]
"""The name and the arguments of a tool that a scripted model calls."""


def answer_lines(
    path: str,
    texts: Sequence[str] = _TEXTS,
    *,
    model: str = _MODEL,
    thinking: Sequence[str] = (),
    tool_calls: Sequence[ToolCall] = (),
) -> list[dict[str, object]]:
    """Return the lines of a healthy streamed answer.

    Args:
        path: The route: `/api/chat` and `/api/generate` answer with text, `/api/pull`, `/api/push` and `/api/create`
            with progress.
        texts: The pieces of text, one line each; by default none when there are tool calls.
        model: The model named in the lines.
        thinking: The pieces of reasoning, which come first.
        tool_calls: The calls of tools, which come last, one line each.

    Raises:
        TypeError: A tool call is not a pair of a name and arguments.

    Example:
        >>> lines = answer_lines("/api/chat", tool_calls=[("weather", {"city": "Berlin"})])
        >>> lines[0]["message"]["tool_calls"][0]["function"]
        {'index': 0, 'name': 'weather', 'arguments': {'city': 'Berlin'}}
    """
    if path.rsplit("/", 1)[-1] in {"pull", "push", "create"}:
        return [{"status": text} for text in ("pulling manifest", *texts, "success")]
    texts = () if tool_calls and texts is _TEXTS else texts
    parts: list[dict[str, object]] = [{"thinking": piece} for piece in thinking]
    parts.extend({_text_key(path): piece} for piece in texts)
    parts.extend({"tool_calls": [_call(index, call)]} for index, call in enumerate(tool_calls))
    last = _line(path, model, {})
    last.update(done=True, done_reason="stop", **_METRICS, eval_count=len(parts))
    return [*(_line(path, model, part) for part in parts), last]


def answer(
    path: str,
    texts: Sequence[str] = _TEXTS,
    *,
    stream: bool = True,
    model: str = _MODEL,
    thinking: Sequence[str] = (),
    tool_calls: Sequence[ToolCall] = (),
    pause: float = 0,
) -> Reply:
    """Return a healthy answer of a route, streamed or whole.

    Args:
        path: `/api/chat`, `/api/generate`, `/api/pull`, `/api/push` or `/api/create`.
        texts: The pieces of text (or of progress), one line each; by default none when there are tool calls.
        stream: NDJSON lines; otherwise one JSON object.
        model: The model named in the answer.
        thinking: The pieces of reasoning, which come first.
        tool_calls: The calls of tools, which come last: the name and the arguments of each.
        pause: Seconds before each line but the first, or before an answer that is whole.

    Raises:
        TypeError: A tool call is not a pair of a name and arguments.
    """
    lines = answer_lines(path, texts, model=model, thinking=thinking, tool_calls=tool_calls)
    pauses: list[Step] = [Pause(pause)] if pause else []
    if stream:
        rest = [step for line in lines[1:] for step in (*pauses, Line(line))]
        return Reply(Line(lines[0]), *rest)
    whole: Any = lines[-1]
    target = whole.get("message", whole)
    for line in lines[:-1]:
        source: Any = line.get("message", line)
        for key in {"content", "response", "thinking", "tool_calls"} & source.keys():
            target[key] = target[key] + source[key] if key in target else source[key]
    return Reply(*pauses, Json(whole))


def _text_key(path: str) -> str:
    return "response" if path.endswith("generate") else "content"


def _call(index: int, call: ToolCall) -> dict[str, object]:
    match call:
        case (str() as name, Mapping() as arguments):
            pass
        case _:
            raise TypeError(f'tool_calls has {call!r}; each is a pair like ("weather", {{"city": "Berlin"}})')
    return {"id": f"call_{index}", "function": {"index": index, "name": name, "arguments": dict(arguments)}}


def _line(path: str, model: str, part: Mapping[str, object]) -> dict[str, object]:
    fields = {_text_key(path): "", **part}
    if not path.endswith("generate"):
        fields = {"message": {"role": "assistant", **fields}}
    return {"model": model, "created_at": _CREATED_AT, **fields, "done": False}


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    Attributes:
        description: What the client sees.
        build: Returns the reply for a route's path; use `reply`.
        elsewhere: Returns replies of other paths that belong to the fault, such as the target of a redirect.
    """

    description: str
    build: Callable[[str], Reply] = field(repr=False)
    elsewhere: Callable[[str], Mapping[str, Reply]] = field(default=lambda path: {}, repr=False)

    def reply(self, path: str = "/api/chat") -> Reply:
        """Return the failing answer of a route."""
        return self.build(path)


def _steps(path: str) -> list[Line]:
    return [Line(line) for line in answer_lines(path)]


def _two_lines_and(*steps: Step) -> Callable[[str], Reply]:
    return lambda path: Reply(*_steps(path)[:2], *steps, headers=_NDJSON)


def _cut_inside(path: str, *, character: bool) -> Reply:
    body = b"".join(step.content() for step in _steps(path))
    dash = body.index("\u2014".encode())
    end = dash + 1 if character else body.rindex(b"\n", 0, dash) + 10
    return Reply(Send(body[:end]), Cut(), headers=_NDJSON)


def _gzip_stream(path: str) -> Reply:
    # One flushed block per line, so that a client that decompresses as it reads gets each line when it is sent.
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(step.content()) + packer.flush(zlib.Z_SYNC_FLUSH) for step in _steps(path)]
    return Reply(*map(Send, pieces), Send(packer.flush()), headers={**_NDJSON, "Content-Encoding": "gzip"})


def _short_body(path: str) -> Reply:
    body = Json(answer_lines(path)[-1]).content()
    length = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}
    return Reply(Send(body[: len(body) // 2]), headers=length)


def _blank_lines(path: str) -> Reply:
    return Reply(*(Send(b"\n\r\n" + step.content() + b"\n") for step in _steps(path)), headers=_NDJSON)


def _redirect(status: int) -> Fault:
    return Fault(
        f"{status} to {REDIRECTED} and the path, where a healthy answer is",
        lambda path: Reply(status=status, headers={"Location": REDIRECTED + path}),
        lambda path: {REDIRECTED + path: answer(path)},
    )


def _html(status: int, description: str) -> Fault:
    return Fault(description, lambda path: Reply(Send(_HTML), status=status, headers={"Content-Type": "text/html"}))


FAULTS: Final[Mapping[str, Fault]] = {
    "cut_before_headers": Fault("closed without a byte", lambda path: Reply(Cut())),
    "cut_after_headers": Fault("closed after the headers", lambda path: Reply(Start(), Cut(), headers=_NDJSON)),
    "cut_mid_line": Fault("closed in the second line", lambda path: _cut_inside(path, character=False)),
    "cut_mid_character": Fault("closed inside of a UTF-8 character", lambda path: _cut_inside(path, character=True)),
    "reset_before_headers": Fault("TCP reset without a byte", lambda path: Reply(Reset())),
    "reset_mid_stream": Fault("TCP reset after two lines", _two_lines_and(Reset())),
    "slow_drip": Fault(
        "a healthy stream, one byte per write",
        lambda path: Reply(*(Drip(step.content()) for step in _steps(path)), headers=_NDJSON),
    ),
    "ten_megabyte_line": Fault(
        "a healthy stream with one line of 10 MB", lambda path: answer(path, ["x" * 10_000_000])
    ),
    "wrong_content_type": Fault(
        "a healthy stream called text/plain",
        lambda path: Reply(*_steps(path), headers={"Content-Type": "text/plain; charset=utf-8"}),
    ),
    "html_error_page": _html(502, "a proxy's error page"),
    "html_with_200": _html(200, "an HTML page under status 200"),
    "gzip_stream": Fault("a healthy stream, compressed", _gzip_stream),
    "error_line": Fault(
        "an error line after two lines, under status 200",
        _two_lines_and(Line({"error": "llama runner process has terminated"})),
    ),
    "missing_done": Fault("a regular end of the body without the last line", _two_lines_and()),
    "empty_body_200": Fault("status 200 and no body", lambda path: Reply(headers={"Content-Type": "application/json"})),
    "short_body": Fault("closed before the announced Content-Length", _short_body),
    "blank_lines": Fault("a healthy stream with blank lines in it", _blank_lines),
    "redirect_307": _redirect(307),
    "redirect_302": _redirect(302),
    "status_503_with_retry_after": Fault(
        "503 and Retry-After: 0",
        lambda path: Reply(
            Json({"error": "server busy, please try again.  maximum pending requests exceeded"}),
            status=503,
            headers={"Retry-After": "0"},
        ),
    ),
    "not_json_line": Fault("a whole line that is no JSON after two lines", _two_lines_and(Send(b"{not json}\n"))),
}
"""Every fault by name, as docs/testing.md lists them; `OllamaServer.fault` makes a route fail that way."""
