"""The Ollama API of the embedded model."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from ollama_sdk.overlay.testing._exchange import Exchange, Responder
from ollama_sdk.overlay.testing._model import CancelledError, EmbeddedModel, Generation, ModelError
from ollama_sdk.overlay.testing._model_names import ModelNames, NamedModel, full_name
from ollama_sdk.overlay.testing._model_request import (
    check_options,
    keep_alive_seconds,
    messages_of,
    must_call,
    read_call,
    request_body,
    settings_of,
)
from ollama_sdk.overlay.testing._recordings import error_reply, not_allowed, not_found
from ollama_sdk.overlay.testing._script import Json, Line, Reply, Send

_CAPABILITIES: Final = ["completion", "tools", "embedding"]
_NO_CLOUD: Final = {"cloud": {"disabled": True, "source": "config"}}
_PULLING: Final[dict[str, object]] = {"status": "pulling manifest"}
_JSON: Final = "application/json; charset=utf-8"
_NO_IMAGES: Final = json.dumps(
    {
        "error": {
            "code": 400,
            "message": "Multimodal data provided, but model does not support multimodal requests.",
            "type": "invalid_request_error",
        }
    },
    separators=(",", ":"),
)


class ModelApi(Responder):
    """Answers the routes of the Ollama API with an embedded model.

    It serves chat, generate, embed, embeddings, tags, show, ps, copy, create, pull, delete, version and status, with
    real token counts, and durations in nanoseconds. A client that disconnects stops its generation within a token, or
    its embeddings within a text. With tools, the model calls one of them, and answers in words when the last message
    is a result, or when there is a format.

    Args:
        model: The model to serve.
        version: The version in the answer of `/api/version`.
        aliases: More names under which it is served, such as "llama3.2".
        parameters: Parameters of the model, as in a Modelfile, such as {"num_predict": 300}. Options of a request
            take precedence.
    """

    def __init__(
        self,
        model: EmbeddedModel,
        *,
        version: str = "0.0.0",
        aliases: Iterable[str] = (),
        parameters: Mapping[str, object] | None = None,
    ) -> None:
        self._model = model
        self._version = version
        self._names = ModelNames((model.name, *aliases), parameters or {})
        self._running = model.name
        self._expires_at = 0.0
        self._routes: dict[str, tuple[str, Callable[[Exchange], None]]] = {
            "/": ("GET", self._root),
            "/api/version": ("GET", lambda exchange: _send(exchange, {"version": self._version})),
            "/api/status": ("GET", lambda exchange: _send(exchange, _NO_CLOUD)),
            "/api/tags": ("GET", self._tags),
            "/api/ps": ("GET", self._ps),
            "/api/show": ("POST", self._show),
            "/api/chat": ("POST", self._generate),
            "/api/generate": ("POST", self._generate),
            "/api/embed": ("POST", self._embed),
            "/api/embeddings": ("POST", self._embed),
            "/api/copy": ("POST", self._copy),
            "/api/create": ("POST", self._create),
            "/api/pull": ("POST", self._pull),
            "/api/delete": ("DELETE", self._delete),
        }

    def respond(self, exchange: Exchange) -> None:
        """Answer one request."""
        received = exchange.received
        if received.path not in self._routes:
            not_found().respond(exchange)
            return
        method, answer = self._routes[received.path]
        if received.method != method and not (method == "GET" and received.method == "HEAD"):
            not_allowed([method]).respond(exchange)
            return
        try:
            answer(exchange)
        except ModelError as error:
            _refuse(exchange, error.status, str(error))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            if exchange.started:
                raise
            # A body of another form than the API has: Ollama refuses it when it decodes it.
            _refuse(exchange, 400, f"json: cannot unmarshal the request: {error!r}")

    def _root(self, exchange: Exchange) -> None:
        Reply(Send(b"Ollama is running"), headers={"Content-Type": "text/plain; charset=utf-8"}).respond(exchange)

    def _tags(self, exchange: Exchange) -> None:
        info = self._model.metadata
        family = str(info.get("general.architecture", ""))
        lengths = {key: info.get(f"{family}.{key}") for key in ("context_length", "embedding_length")}
        models = [
            {
                **self._entry(model),
                "modified_at": model.modified.isoformat(),
                "details": self._details(model) | lengths,
                "capabilities": _CAPABILITIES,
            }
            for model in self._names.all()
        ]
        _send(exchange, {"models": models})

    def _ps(self, exchange: Exchange) -> None:
        model = self._names.find(self._running)
        if not self._model.is_loaded or model is None:
            _send(exchange, {"models": []})
            return
        running = {
            "details": self._details(model),
            "expires_at": datetime.fromtimestamp(self._expires_at, UTC).isoformat(),
            "size_vram": 0,
            "context_length": self._model.context_length,
        }
        _send(exchange, {"models": [self._entry(model) | running]})

    def _show(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        name = body.get("model") or body.get("name")
        if not name:
            raise ModelError(400, "model is required")
        model = self._names.find(name)
        if model is None:
            raise ModelError(404, f"model '{full_name(str(name))}' not found")
        info = dict(self._model.metadata)
        template = str(info.pop("tokenizer.chat_template", ""))
        verbose = body.get("verbose") is True
        _send(
            exchange,
            {
                "modelfile": f"FROM {model.parent or self._model.path.name}\n",
                **model.shown(),
                "template": template,
                "details": self._details(model),
                "model_info": {
                    key: None if isinstance(value, list) and not verbose else value for key, value in info.items()
                },
                "capabilities": _CAPABILITIES,
                "modified_at": model.modified.isoformat(),
            },
        )

    def _copy(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        self._names.copy(body.get("source"), body.get("destination"))
        Reply().respond(exchange)

    def _delete(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        self._names.delete(body.get("model") or body.get("name"))
        Reply().respond(exchange)

    def _create(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        check_options(body, "parameters")
        steps = [_status(f"using existing layer sha256:{self._model.digest}"), _status("writing manifest")]
        self._work(exchange, body, partial(self._names.create, body), steps)

    def _pull(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        size, digest = self._model.path.stat().st_size, self._model.digest
        layer = {"digest": f"sha256:{digest}", "total": size, "completed": size}
        pulling = _status(f"pulling {digest[:12]}") | layer
        steps = [_PULLING, pulling, _status("verifying sha256 digest"), _status("writing manifest")]
        self._work(exchange, body, partial(self._names.pull, body.get("model") or body.get("name")), steps)

    def _work(
        self,
        exchange: Exchange,
        body: Mapping[str, Any],
        work: Callable[[], object],
        steps: Iterable[dict[str, object]],
    ) -> None:
        """Answer a request that reports progress, whole or line by line; a failure to fetch is a line then."""
        try:
            work()
            lines = [*steps, _status("success")]
        except ModelError as error:
            if error.status != 500 or body.get("stream") is False:
                raise
            lines = [_PULLING, {"error": str(error)}]
        if body.get("stream") is False:
            _send(exchange, lines[-1])
        else:
            Reply(*map(Line, lines)).respond(exchange)

    def _entry(self, model: NamedModel) -> dict[str, object]:
        size = self._model.path.stat().st_size
        return {"name": model.name, "model": model.name, "size": size, "digest": self._model.digest}

    def _details(self, model: NamedModel) -> dict[str, object]:
        info = self._model.metadata
        family = str(info.get("general.architecture", ""))
        return {
            "parent_model": model.parent,
            "format": "gguf",
            "family": family,
            "families": [family],
            "parameter_size": str(info.get("general.size_label", "")),
            "quantization_level": self._model.path.stem.rpartition(".")[2],
        }

    def _embed(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        model = self._require_model(body)
        check_options(body)
        legacy = exchange.received.path == "/api/embeddings"
        given = body.get("prompt" if legacy else "input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ModelError(400, "invalid input type")
        started = time.monotonic_ns()
        load = self._load(model, keep_alive_seconds(body.get("keep_alive")), embedding=True)
        dimensions = body.get("dimensions")
        if given == "":
            texts = []  # the real server returns no vector for an empty text
        try:
            vectors, tokens = self._model.embed(
                texts, normalized=not legacy and not dimensions, cancelled=exchange.client_gone
            )
        except CancelledError:
            exchange.check()  # Ends the exchange.
            raise
        if dimensions:
            vectors = [_normalized(vector[:dimensions]) for vector in vectors]
        if legacy:
            _send(exchange, {"embedding": vectors[0] if vectors else []})
            return
        total = time.monotonic_ns() - started
        metrics = {"total_duration": total, "load_duration": load, "prompt_eval_count": tokens}
        told = {name: figure for name, figure in metrics.items() if figure}  # zeros are left out
        _send(exchange, {"model": body["model"], "embeddings": vectors, **told})

    def _generate(self, exchange: Exchange) -> None:
        body = request_body(exchange.received)
        model = self._require_model(body)
        chat = exchange.received.path == "/api/chat"
        body = model.completed(body, chat=chat)
        keep_alive = keep_alive_seconds(body.get("keep_alive"))
        settings = settings_of(body)
        self._refuse_unsupported(body)
        calls = must_call(body)
        answer = _Answer(exchange, body["model"], streaming=body.get("stream") is not False, calls=calls)
        if not body.get("messages" if chat else "prompt"):
            if keep_alive == 0:
                self._model.close()
            else:
                self._load(model, keep_alive)
            answer.only("unload" if keep_alive == 0 else "load")
            return
        started = time.monotonic_ns()
        load = self._load(model, keep_alive)
        try:
            if chat or not body.get("raw"):
                generation = self._model.chat(messages_of(body, chat), settings, answer.text, exchange.client_gone)
            else:
                generation = self._model.complete(str(body["prompt"]), settings, answer.text, exchange.client_gone)
        except CancelledError:
            exchange.check()  # Ends the exchange: the client has disconnected, or the server is stopping.
            raise
        except ModelError as error:
            if not exchange.started:
                raise
            exchange.send(_encode({"error": str(error)}) + b"\n")
            return
        answer.finish(generation, total=time.monotonic_ns() - started, load=load)
        if keep_alive == 0:
            self._model.close()

    def _load(self, model: NamedModel, keep_alive: float, *, embedding: bool = False) -> int:
        """Load the model under a name; return the time that it took in nanoseconds."""
        self._running, self._expires_at = model.name, time.time() + keep_alive
        return self._model.load(embedding=embedding)

    def _require_model(self, body: Mapping[str, Any]) -> NamedModel:
        name = body.get("model")
        if not name:
            raise ModelError(400, "model is required")
        model = self._names.find(name)
        if model is None:
            raise ModelError(404, f"model '{name}' not found")
        return model

    def _refuse_unsupported(self, body: Mapping[str, Any]) -> None:
        """Refuse what this model cannot do, with the messages of the real server where it refuses the same."""
        name = self._model.name
        if body.get("think") not in (None, False):
            raise ModelError(400, f'"{name}" does not support thinking')
        if body.get("suffix"):
            raise ModelError(400, f"registry.ollama.ai/library/{name} does not support insert")
        messages = body.get("messages") or ()
        if body.get("images") or any(isinstance(each, dict) and each.get("images") for each in messages):
            raise ModelError(400, _NO_IMAGES)
        for field in ("template", "context", "logprobs"):
            if body.get(field):
                raise ModelError(501, f"the embedded model does not support {field}")


class _Answer:
    """Writes one answer of chat or generate, line by line or whole."""

    def __init__(self, exchange: Exchange, model: str, *, streaming: bool, calls: bool) -> None:
        self.chat = exchange.received.path == "/api/chat"
        self._exchange = exchange
        self._model = model
        self._streaming = streaming
        self._calls = calls  # whether the text is a tool call, which is sent when it is complete
        self._texts: list[str] = []

    def text(self, text: str) -> None:
        """Send one piece of the answer, or keep it for the end."""
        if self._streaming and not self._calls:
            self._line(self._object(text) | {"done": False})
        else:
            self._texts.append(text)

    def finish(self, generation: Generation, *, total: int, load: int) -> None:
        """Send the last line, or the whole answer; durations are in nanoseconds."""
        whole = self._object("".join(self._texts))
        call = read_call("".join(self._texts)) if self._calls else None
        if call is not None:
            whole["message"] = {"role": "assistant", "content": "", "tool_calls": [call]}
        if self._streaming and self._calls:
            self._line(whole | {"done": False})
            whole = self._object("")
        last = whole | {
            "done": True,
            "done_reason": generation.done_reason,
            "total_duration": total,
            "load_duration": load,
            "prompt_eval_count": generation.prompt_tokens,
            "prompt_eval_duration": generation.prompt_duration,
            "eval_count": generation.tokens,
            "eval_duration": generation.duration,
        }
        if self._streaming:
            self._line(last)
        else:
            _send(self._exchange, last)

    def only(self, done_reason: str) -> None:
        """Answer a request that only loads or unloads: one object, streaming or not."""
        _send(self._exchange, self._object("") | {"done": True, "done_reason": done_reason})

    def _object(self, text: str) -> dict[str, object]:
        now = time.time_ns()
        instant = datetime.fromtimestamp(now // 1_000_000_000, UTC)
        fields: dict[str, object] = (
            {"message": {"role": "assistant", "content": text}} if self.chat else {"response": text}
        )
        created_at = f"{instant:%Y-%m-%dT%H:%M:%S}.{now % 1_000_000_000:09d}Z"
        return {"model": self._model, "created_at": created_at} | fields

    def _line(self, value: Mapping[str, object]) -> None:
        if not self._exchange.started:
            self._exchange.begin(200, (("Content-Type", "application/x-ndjson"),), "chunked")
        self._exchange.send(_encode(value) + b"\n")


def _status(text: str) -> dict[str, object]:
    return {"status": text}


def _normalized(vector: list[float]) -> list[float]:
    length = math.hypot(*vector) or 1.0
    return [value / length for value in vector]


def _refuse(exchange: Exchange, status: int, message: str) -> None:
    """Answer with an error, whose message may have half of a surrogate pair of the request."""
    error_reply(status, message.encode(errors="replace").decode()).respond(exchange)


def _send(exchange: Exchange, value: Mapping[str, object]) -> None:
    Reply(Send(_encode(value)), headers={"Content-Type": _JSON}).respond(exchange)


def _encode(value: Mapping[str, object]) -> bytes:
    # The real server's encoder escapes the special characters of HTML.
    text = Json(value).content()
    return text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
