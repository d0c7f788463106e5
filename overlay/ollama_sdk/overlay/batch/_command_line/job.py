"""The work that a command line describes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay.batch._command_line.tables import Line
from ollama_sdk.overlay.batch._digests import digest_of
from ollama_sdk.overlay.batch._results import RowError
from ollama_sdk.overlay.batch._templates import fields_of, fill
from ollama_sdk.overlay.batch._work import Request, Work


@frozen
class Job:
    """The request of all rows, and the field that has the messages, if there is one."""

    request: Mapping[str, Any]
    messages: str | None

    @classmethod
    def of(cls, options: argparse.Namespace) -> Job:
        """Read the options; raise RequestError when they cannot be used."""
        request: dict[str, Any] = {"model": options.model}
        if options.embed is not None:
            if options.system or options.schema:
                raise RequestError("--embed takes neither --system nor --schema")
            request["input"] = options.embed
        elif options.vectors is not None:
            raise RequestError("--vectors belongs to --embed")
        if options.prompt is not None:
            request["prompt"] = options.prompt
        if options.messages is not None and options.system is not None:
            raise RequestError("--system belongs to --prompt; with --messages it is one of them")
        if options.schema is not None:
            try:
                request["format"] = json.loads(options.schema.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise RequestError(f"the schema cannot be read: {error}") from error
            if not isinstance(request["format"], dict):
                raise RequestError(f"the schema in {options.schema} is no object")
        for name in ("system", "options", "think", "timeout"):
            if getattr(options, name) is not None:
                request[name] = getattr(options, name)
        job = cls(request, options.messages)
        if not job.fields:
            raise RequestError("the request is the same for every row: write {name}, for a field of the rows, into it")
        return job

    @property
    def fields(self) -> list[str]:
        """The fields that it needs of every row."""
        return fields_of(self.request) if self.messages is None else [self.messages, *fields_of(self.request)]

    def work(self) -> Work:
        """What the engine is given."""
        asked = {key: value for key, value in self.request.items() if key != "timeout"}
        name = f"{self.request['model']} {digest_of([asked, self.messages])[:8]}"
        return Work(name, self._request_of, embeds="input" in self.request)

    def _request_of(self, line: Line) -> Request:
        if line.fields is None:
            raise RowError(f"line {line.number} cannot be read: {line.error}")
        try:
            request = fill(self.request, line.fields)
            if self.messages is not None:
                if self.messages not in line.fields:
                    raise RowError(f"the row has no field {self.messages!r}; it has {', '.join(line.fields)}")
                request["messages"] = line.fields[self.messages]
            return Request.of(request)
        except RequestError as error:
            raise RowError(f"line {line.number}: {error}") from error
