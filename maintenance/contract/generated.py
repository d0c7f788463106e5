"""Requests that schemathesis makes up from the description: such that it allows, and such that it does not.

Only for operations that change nothing. The same description gives the same requests on every run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from maintenance.contract.calls import Call, bounded
from maintenance.description import DescribedOperation, Description


def generated_calls(
    description: Description, operation: DescribedOperation, model: str | None, count: int
) -> Iterator[Call]:
    """Make up requests of an operation that changes nothing: `count` at most, half of them not allowed.

    The allowed ones name `model`, if it is given.
    """
    # It takes a second to import, and a run without made-up requests does without.
    import schemathesis
    from schemathesis import GenerationMode

    schema: Any = schemathesis.openapi.from_dict(description.document)
    described = schema[operation.path][operation.method.upper()]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for case in _cases(described.as_strategy(generation_mode=mode), (count + 1) // 2):
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                named = {"model": model} if model and "model" in case.body else {}
                case.body = bounded({**case.body, **named})
            sent = case.as_transport_kwargs(base_url="http://server")
            body = json.dumps(sent["json"]) if "json" in sent else sent.get("data")
            yield Call(
                f"made up, {mode.value}",
                str(sent["url"]).removeprefix("http://server"),
                body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None,
                str(sent["headers"].get("Content-Type", "application/json")),
            )


def _cases(strategy: Any, count: int) -> list[Any]:
    import hypothesis
    from hypothesis.errors import Unsatisfiable

    cases: list[Any] = []

    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(case: Any) -> None:
        cases.append(case)

    try:
        collect()
    except Unsatisfiable:  # a request without a body or parameters cannot be wrong
        return []
    return cases[:count]
