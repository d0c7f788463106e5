"""Exchanges that were recorded with a real server."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from ollama_sdk.generated import api
from ollama_sdk.generated.types import Model, Operation

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


@frozen
class Recorded:
    """An exchange with a real server."""

    name: str
    method: str
    path: str
    request: Any
    status: int
    media_type: str
    body: str

    def objects(self) -> list[Any]:
        """The JSON objects of the answer: its lines, or all of it."""
        if self.method == "HEAD" or not self.body:
            return []
        if self.media_type == "application/x-ndjson":
            return [json.loads(line) for line in self.body.split("\n") if line.strip()]
        return [json.loads(self.body)] if self.media_type == "application/json" else []


@cache
def recordings() -> list[Recorded]:
    found = []
    for file in sorted(RECORDINGS.glob("*.json")):
        data = json.loads(file.read_text(encoding="utf-8"))
        request, response = data["request"], data["response"]
        headers = {name.lower(): value for name, value in response["headers"]}
        found.append(
            Recorded(
                name=data["name"],
                method=request["method"],
                path=request["path"].split("?")[0],
                request=request["body"],
                status=response["status"],
                media_type=headers.get("content-type", "").split(";")[0],
                body="".join(text for _, text in response["chunks"]),
            )
        )
    return found


def answers() -> list[tuple[str, Model]]:
    """The models of the successful answers, and of the lines of streams, by the name of the exchange."""
    operations = {(item.method, item.path): item for item in vars(api).values() if isinstance(item, Operation)}
    return [
        (f"{recorded.name} {index}", operation.response_model().from_dict(value))
        for recorded in recordings()
        if recorded.status < 400 and (operation := operations.get((recorded.method, recorded.path))) is not None
        for index, value in enumerate(recorded.objects())
        if operation.response is not None and "error" not in value
    ]
