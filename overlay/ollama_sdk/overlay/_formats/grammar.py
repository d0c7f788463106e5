"""JSON schemas in the keywords that the server can make a grammar of, with which it constrains an answer; no I/O.

The server converts a schema by llama.cpp. That refuses a request for keywords that it does not understand, and ignores
others: what it ignores, such as `multipleOf`, is left to the check of the answer.
"""

from __future__ import annotations

import re

from ollama_sdk.overlay._formats.schemas import Schema, any_of, with_parts

_ANY = ["object", "array", "string", "number", "boolean", "null"]
_MEANINGFUL = frozenset(
    {"$ref", "type", "enum", "const", "anyOf", "oneOf", "allOf", "properties", "additionalProperties", "prefixItems"}
    | {"items"}
)
_DROPPED = ("uniqueItems", "propertyNames", "discriminator", "contains", "not")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength", "minItems", "maxItems")
_LONGEST = 1000
"""The server refuses grammars with many more repetitions than this."""

_CLASS_OR_DIGIT = re.compile(r"\[[^\]]*\]|\\d")
_SIMPLE_PATTERN = re.compile(
    r"\^(?:[a-zA-Z0-9 \-_:/@,;=#%&!~<>']"  # a character
    r"|\\[.+*?()\[\]{}|^$]"  # one that is escaped
    r"|\[-?(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[a-zA-Z0-9 _:/@,.;=#%&!~+*()])+-?\]"  # a class
    r"|[()|*+?]|\{\d+(?:,\d*)?\})*\$"
)


def grammar_form(schema: Schema) -> Schema:
    """Return a schema in the keywords that the server can make a grammar of.

    It has no room for keys but those of the type, which a small model would go on adding.
    """
    if "allOf" in schema:
        return schema  # each part would refuse the keys of the others
    schema = with_parts(schema, grammar_form)
    for key in _DROPPED:
        schema.pop(key, None)
    for key in _LENGTHS:
        if schema.get(key, 0) > _LONGEST:
            del schema[key]
    for key in _BOUNDS:
        if abs(schema.get(key, 0)) >= 2**63:
            del schema[key]
    if "const" in schema:
        schema.pop("enum", None)  # pydantic before 2.10 writes both
    if "pattern" in schema:
        _restrict_pattern(schema)
    if "prefixItems" in schema:
        schema.pop("items", None)  # which would win
    elif schema.get("maxItems") == 0:
        schema = {"const": []}
    if "patternProperties" in schema:
        schema["additionalProperties"] = any_of(schema.pop("patternProperties").values())
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema if _MEANINGFUL & schema.keys() else {**schema, "type": _ANY}


def _restrict_pattern(schema: Schema) -> None:
    r"""Drop a pattern that the server refuses, or with which it would let a model leave the string, such as `^.*$`.

    It wants `^` and `$`, and knows neither `\d` nor `(?…)`.
    """
    pattern = _CLASS_OR_DIGIT.sub(
        lambda found: "[0-9]" if found[0] == r"\d" else found[0].replace(r"\d", "0-9"), schema.pop("pattern")
    )
    if _SIMPLE_PATTERN.fullmatch(pattern) and not re.search(r"[*+?}(|^][*+?{]", pattern):
        schema["pattern"] = pattern
