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
    """Made-up requests of one operation.

    Args:
        description: The API description.
        operation: An operation that changes nothing.
        model: A model that the server has; the allowed requests then name it.
        count: How many at most, half of them not allowed by the description.
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
            yield _call(f"made up, {mode.value}", case)


def _cases(strategy: Any, count: int) -> list[Any]:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable

    cases: list[Any] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: Any) -> None:
        cases.append(case)

    try:
        collect()
    except Unsatisfiable:  # a request without a body or parameters cannot be wrong
        return []
    return cases[:count]


def _call(name: str, case: Any) -> Call:
    sent = case.as_transport_kwargs(base_url="http://server")
    path = str(sent["url"]).removeprefix("http://server")
    if "json" in sent:
        return Call(name, path, json.dumps(sent["json"]).encode())
    data = sent.get("data")
    body = data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else None
    return Call(name, path, body, str(sent["headers"].get("Content-Type", "application/json")))
