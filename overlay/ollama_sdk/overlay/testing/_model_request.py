"""Requests of the Ollama API read for the embedded model: body, messages, options, format, tools and keep_alive.

The template of the model has no tools: a grammar makes it call one, and its text is read as the call.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ollama_sdk.overlay.testing._http import Received
from ollama_sdk.overlay.testing._model import ModelError

# Any JSON object, in llama.cpp's grammar notation. Blanks are limited, since a small model would write only those.
_JSON_GRAMMAR: Final = r"""
root ::= object
object ::= "{" blank (member ("," blank member)*)? "}" blank
member ::= text ":" blank value
array ::= "[" blank (value ("," blank value)*)? "]" blank
value ::= object | array | text | number | ("true" | "false" | "null") blank
text ::= "\"" (plain | escaped)* "\"" blank
plain ::= [^"\\\x00-\x1f]
escaped ::= "\\" (["\\/bfnrt] | "u" hex hex hex hex)
hex ::= [0-9a-fA-F]
number ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})? blank
blank ::= (" " | "\n" " "{0,16})?
"""
# The formats of text of which Ollama makes a grammar.
_TEXT_FORMATS: Final = frozenset({"date", "time", "date-time", "uuid"})
_GO_DURATION: Final = re.compile(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)")
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")
_UNIT_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_FOREVER: Final = 100 * 365 * 86400.0
# Options for loading cannot be set. The others have the same names in llama.cpp's server, but for two of them.
_FOR_LOADING: Final = {"num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap", "draft_num_predict"}
_RENAMED: Final = {"num_predict": "max_tokens", "num_keep": "n_keep"}
OPTION_KINDS: Final = {
    **dict.fromkeys(("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "num_keep", "seed"), "integer"),
    **dict.fromkeys(("num_predict", "draft_num_predict", "top_k", "repeat_last_n"), "integer"),
    **dict.fromkeys(("top_p", "min_p", "typical_p", "temperature"), "float32"),
    **dict.fromkeys(("repeat_penalty", "presence_penalty", "frequency_penalty"), "float32"),
    "use_mmap": "boolean",
    "stop": "array",
}
"""The types of the options, in the words of the real server."""
_JSON_KINDS: Final = {list: "array", dict: "object", str: "string", bool: "bool", int: "number", float: "number"}


def request_body(received: Received) -> dict[str, Any]:
    """Return the JSON object of a request, or refuse it with the message of the real server."""
    if not received.body:
        raise ModelError(400, "missing request body")
    try:
        body = json.loads(received.body)
    except json.JSONDecodeError as error:
        rest = error.doc[error.pos : error.pos + 1]
        text = f"invalid character '{rest}' looking for beginning of value" if rest else "unexpected EOF"
        raise ModelError(400, text) from error
    except UnicodeDecodeError as error:
        raise ModelError(400, "invalid UTF-8 in the request body") from error
    if not isinstance(body, dict):
        raise ModelError(400, f"json: cannot unmarshal {type(body).__name__} into a request")
    for key in ("options", "parameters"):
        _check_field(key, "map[string]interface {}", body.get(key), dict)
    return body


def messages_of(body: Mapping[str, Any], chat: bool) -> list[dict[str, object]]:
    """Return the messages of a chat request, or the equivalent ones of a generate request."""
    if not chat:
        prompt: dict[str, object] = {"role": "user", "content": str(body["prompt"])}
        return [{"role": "system", "content": str(body["system"])}, prompt] if body.get("system") else [prompt]
    messages = body["messages"]
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise ModelError(400, "messages must be a list of objects")
    for message in messages:
        _check_field("messages.content", "string", message.get("content"), str)
        for call in message.get("tool_calls") or ():
            arguments = (call.get("function") or {}).get("arguments")
            if not isinstance(arguments, dict | None):  # such as JSON text, which the API of OpenAI has
                raise ModelError(400, "Value looks like object, but can't find closing '}' symbol")
    return _conversation(body, messages)


def _check_field(field: str, kind: str, value: object, python: type) -> None:
    """Refuse a value that the real server cannot decode to the type of its field."""
    if not isinstance(value, python | None):
        given = _JSON_KINDS[type(value)]
        raise ModelError(400, f"json: cannot unmarshal {given} into Go struct field ChatRequest.{field} of type {kind}")


def check_options(body: Mapping[str, Any], key: str = "options") -> None:
    """Refuse an option of a wrong type, in the words of the real server, which ignores unknown ones."""
    for name, value in (body.get(key) or {}).items():
        kind = OPTION_KINDS.get(name)
        if kind is None or value is None:
            continue
        # A bool is an int in Python, but not in JSON.
        wanted = {"array": list, "boolean": bool}.get(kind, int | float)
        if not isinstance(value, wanted) or isinstance(value, bool) is not (kind == "boolean"):
            raise ModelError(500, f'option "{name}" must be of type {kind}')
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise ModelError(500, f'option "{name}" must be of an array of strings')


def settings_of(body: Mapping[str, Any]) -> dict[str, object]:
    """Return options, format and tools as settings of llama.cpp."""
    check_options(body)
    settings: dict[str, object] = {}
    options: dict[str, Any] = body.get("options") or {}
    for name, value in options.items():
        if value is not None and name not in _FOR_LOADING and name in OPTION_KINDS:  # unknown ones are ignored
            settings[_RENAMED.get(name, name)] = int(value) if OPTION_KINDS[name] == "integer" else value
    form = body.get("format")
    if must_call(body):
        settings["json_schema"] = _as_ollama_reads({"anyOf": [_call_schema(tool) for tool in body["tools"]]})
    elif form == "json":
        settings["grammar"] = _JSON_GRAMMAR
    elif isinstance(form, dict):
        settings["json_schema"] = _as_ollama_reads(form)
    elif form not in (None, ""):
        raise ModelError(
            500, f'invalid format: {json.dumps(json.dumps(form))}; expected "json" or a valid JSON Schema object'
        )
    return settings


def _as_ollama_reads(schema: Any) -> Any:
    """Return a schema of which the engine makes what Ollama makes of the one that is given.

    Ollama takes objects that do not say what other keys they may have as closed; the engine would let a small model go
    on adding keys. To Ollama, a text with a format that it does not know is any text; the engine would then constrain
    nothing at all.
    """
    if not isinstance(schema, dict) or "allOf" in schema:
        return schema
    read = dict(schema)
    for key, value in schema.items():
        if key in ("properties", "patternProperties", "$defs") and isinstance(value, dict):
            read[key] = {name: _as_ollama_reads(part) for name, part in value.items()}
        elif key in ("anyOf", "oneOf", "prefixItems") and isinstance(value, list):
            read[key] = [_as_ollama_reads(part) for part in value]
        elif key in ("items", "additionalProperties"):
            read[key] = _as_ollama_reads(value)
    if "properties" in read:
        read.setdefault("additionalProperties", False)
    if re.fullmatch("uuid[1-5]", str(read.get("format"))):
        read["format"] = "uuid"
    elif read.get("format") not in _TEXT_FORMATS:
        read.pop("format", None)
    return read


def keep_alive_seconds(keep_alive: object) -> float:
    """Return a `keep_alive` in seconds: a number is seconds, text is a Go duration, and negative means for ever."""
    if keep_alive is None:
        return 300.0
    if isinstance(keep_alive, str):
        if not _GO_DURATION.fullmatch(keep_alive):
            what = "missing unit in" if _NUMBER.fullmatch(keep_alive) else "invalid"
            raise ModelError(400, f"time: {what} duration {json.dumps(keep_alive)}")
        parts = re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", keep_alive)
        seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
        return _FOREVER if keep_alive.startswith("-") and seconds else min(seconds, _FOREVER)
    if isinstance(keep_alive, bool) or not isinstance(keep_alive, int | float):
        raise ModelError(400, "invalid keep_alive")
    return float(keep_alive) if 0 <= keep_alive < _FOREVER else _FOREVER


def must_call(body: Mapping[str, Any]) -> bool:
    """Whether the next message must be a tool call.

    The model is too small to decide that well: it calls a tool when the request has some, and answers in words when
    the last message is a result.
    """
    messages = body.get("messages")
    if not body.get("tools") or body.get("format") or not isinstance(messages, list) or not messages:
        return False  # on a model that does not think, the format wins
    return isinstance(messages[-1], dict) and messages[-1].get("role") != "tool"


def _call_schema(tool: Any) -> dict[str, object]:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not function.get("name"):
        raise ModelError(400, "a tool has no function with a name")
    parameters = function.get("parameters") or {}
    arguments = {"type": "object", "properties": {}, **parameters, "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"name": {"const": function["name"]}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _conversation(body: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Return the messages for the model: with the tools described, without calls, and with results in words.

    Its template does not support tools, and it answers well to these messages.
    """
    shown: list[dict[str, object]] = []
    if must_call(body):
        listed = "\n".join(json.dumps(tool.get("function")) for tool in body["tools"])
        text = f'You call a function, as JSON with "name" and "arguments". The functions are:\n{listed}'
        shown.append({"role": "system", "content": text})
    elif body.get("tools"):
        shown.append({"role": "system", "content": "Answer in words, with the results of the functions."})
    for message in messages:
        content = message.get("content") or ""
        if message.get("role") == "tool":
            shown.append({"role": "user", "content": f"{message.get('tool_name') or 'The function'} gives: {content}"})
        elif content or not message.get("tool_calls"):
            shown.append({"role": message.get("role", ""), "content": content})
    return shown


def read_call(text: str) -> dict[str, object] | None:
    """Return the tool call of a text, or None when the text was cut off."""
    try:
        call = json.loads(text)
    except json.JSONDecodeError:
        return None
    return {"id": f"call_{secrets.token_hex(4)}", "function": {"index": 0, **call}}
