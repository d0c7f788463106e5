"""The names under which the embedded model is served: copy, create, pull and delete, as on an Ollama server."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from ollama_sdk.overlay.testing._model import ModelError

_VALID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]*")
_KEPT: Final = ("system", "parameters", "messages", "license")
_UNSUPPORTED: Final = ("files", "adapters", "draft_files", "template", "quantize", "remote_host")


@dataclass(frozen=True)
class NamedModel:
    """The embedded model under one name.

    Attributes:
        name: The full name, with its tag.
        parent: The model that it was made of; empty for the embedded model itself.
        kept: What `create` has stored with it: system, parameters, messages, license.
        modified: When it got the name.
    """

    name: str
    parent: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    def shown(self) -> dict[str, object]:
        """Return the fields of `/api/show` that are stored with the name."""
        parameters = {name: value if isinstance(value, list) else [value] for name, value in self._options().items()}
        lines = [f"{name:<30} {json.dumps(each)}" for name, values in parameters.items() for each in values]
        license = self.kept.get("license")
        texts = {
            "system": self.kept.get("system"),
            "parameters": "\n".join(lines),
            "license": "\n".join(license) if isinstance(license, list) else license,
            "messages": self.kept.get("messages"),
        }
        return {key: value for key, value in texts.items() if value}

    def completed(self, body: Mapping[str, Any], *, chat: bool) -> dict[str, Any]:
        """Return the body of a chat or generate request with what is stored with the name."""
        completed = {**body, "options": {**self._options(), **(body.get("options") or {})}}
        system = self.kept.get("system")
        if chat and completed.get("messages"):
            messages = [*(self.kept.get("messages") or ()), *completed["messages"]]
            if system and not any(isinstance(each, dict) and each.get("role") == "system" for each in messages):
                messages.insert(0, {"role": "system", "content": system})
            completed["messages"] = messages
        elif not chat and system and not completed.get("system") and not completed.get("raw"):
            completed["system"] = system
        return completed

    def _options(self) -> Mapping[str, Any]:
        return self.kept.get("parameters") or {}


class ModelNames:
    """The names that a server has for the embedded model.

    Args:
        names: The names to begin with, which can also be pulled again when they were deleted.
        parameters: Their parameters, as in a Modelfile.
    """

    def __init__(self, names: Iterable[str], parameters: Mapping[str, object]) -> None:
        kept = {"parameters": parameters}
        self._registry = {_key(name): NamedModel(full_name(name), kept=kept) for name in names}
        self._there = dict(self._registry)
        self._lock = threading.Lock()

    def all(self) -> list[NamedModel]:
        """Return the models that are there, the newest first."""
        with self._lock:
            return sorted(self._there.values(), key=lambda model: model.modified, reverse=True)

    def find(self, name: object) -> NamedModel | None:
        """Return the model of a name, in any case; without a tag, latest is meant."""
        return self._there.get(_key(str(name)))

    def copy(self, source: object, destination: object) -> None:
        """Give a model a second name.

        Raises:
            ModelError: There is no such model, or the new name is none.
        """
        model = self.find(_checked(source, "source"))
        if model is None:
            raise ModelError(404, f'model "{source}" not found')
        self._add(replace(model, name=full_name(_checked(destination, "destination")), modified=datetime.now(UTC)))

    def delete(self, name: object) -> None:
        """Forget a name.

        Raises:
            ModelError: It is not there.
        """
        with self._lock:
            if self._there.pop(_key(_checked(name, "model")), None) is None:
                raise ModelError(404, f"model '{name}' not found")

    def create(self, body: Mapping[str, Any]) -> None:
        """Make a model from another one, which is pulled if it is not there.

        Raises:
            ModelError: There is no such model, or it is to be made of something else.
        """
        name = full_name(_checked(body.get("model") or body.get("name"), "model"))
        for key in _UNSUPPORTED:
            if body.get(key):
                raise ModelError(501, f"the embedded model does not support {key}")
        if not body.get("from"):
            raise ModelError(400, "neither 'from' or 'files' was specified")
        base = self.find(body["from"]) or self.pull(body["from"])
        kept = {**base.kept, **{key: body[key] for key in _KEPT if body.get(key)}}
        kept["parameters"] = {**(base.kept.get("parameters") or {}), **(body.get("parameters") or {})}
        self._add(NamedModel(name, parent=base.name, kept=kept))

    def pull(self, name: object) -> NamedModel:
        """Fetch a name that the server began with.

        Raises:
            ModelError: It is another one.
        """
        model = self._registry.get(_key(_checked(name, "model")))
        if model is None:
            raise ModelError(500, "pull model manifest: file does not exist")
        self._add(model)
        return model

    def _add(self, model: NamedModel) -> None:
        with self._lock:
            there = self._there.get(_key(model.name))
            self._there[_key(model.name)] = model if there is None else replace(model, name=there.name)


def full_name(name: str) -> str:
    """Return a name with its tag.

    Example:
        >>> full_name("llama3.2"), full_name("ann/mine:1b"), full_name("host:5000/mine")
        ('llama3.2:latest', 'ann/mine:1b', 'host:5000/mine:latest')
    """
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _key(name: str) -> str:
    """Return the key by which names are compared: a server stores the case of a name, but ignores it in comparisons."""
    return full_name(name).lower()


def _checked(name: object, argument: str) -> str:
    if not name:
        raise ModelError(400, f"{argument} is required")
    if not isinstance(name, str) or not _VALID.fullmatch(name):
        raise ModelError(400, "invalid model name")
    return name
