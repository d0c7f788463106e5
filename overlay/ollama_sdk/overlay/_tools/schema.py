"""JSON schemas in the form that the server and the prompt templates of models support in tools; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ollama_sdk.overlay import _json
from ollama_sdk.overlay._formats.schemas import Schema, any_of, with_parts

_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", type(None): "null"}


def tool_form(schema: Schema) -> Schema:
    """Return a schema, which has no references, in the keywords that the server keeps.

    These are anyOf, type, items, description, enum, properties and required. Equivalent keywords are rewritten as
    these; keywords that the server drops, such as minimum, stay, since a newer server may keep them.
    """
    schema = with_parts(schema, tool_form)
    schema.pop("title", None)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if "oneOf" in schema:
        schema["anyOf"] = [*schema.get("anyOf", []), *schema.pop("oneOf")]
        schema.pop("discriminator", None)
    if len(schema.get("allOf", ())) == 1:
        schema = {**schema.pop("allOf")[0], **schema}
    if "prefixItems" in schema:
        rest = [schema["items"]] if isinstance(schema.get("items"), dict) else []
        schema["items"] = _joined(any_of([*schema.pop("prefixItems"), *rest]))
    if "enum" in schema and "type" not in schema:
        kinds = _one_or_list(_JSON_TYPES.get(type(value), "object") for value in schema["enum"])
        schema = {"type": kinds, **schema}
    return _joined(schema)


def allows_null(schema: Schema) -> bool:
    """Whether a schema in the form of `tool_form` names null as a type."""
    return "null" in _types(schema) or any(allows_null(part) for part in schema.get("anyOf", ()))


def without_null(schema: Schema) -> Schema:
    """Return a schema in the form of `tool_form` without null as a type, and without its default."""
    schema = {key: value for key, value in schema.items() if key != "default"}
    parts: list[Schema] = [without_null(part) for part in schema.pop("anyOf", ()) if part != {"type": "null"}]
    if len(parts) == 1:
        schema = {**parts[0], **schema}
    elif parts:
        schema["anyOf"] = parts
    kinds = [kind for kind in _types(schema) if kind != "null"]
    if kinds:
        schema["type"] = _one_or_list(kinds)
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema


def is_null_text(value: object) -> bool:
    """Whether a model wrote null, or nothing, as text."""
    return isinstance(value, str) and value.strip() in ("", "null")


def with_texts_read(value: Any, schema: Schema) -> Any:
    """Return a value with each text decoded that is JSON where a schema, of `tool_form`, wants a list or an object.

    Where it allows null and no text, so are "null" and the empty text.
    """
    parts = schema.get("anyOf", [schema])
    kinds = {kind for part in parts for kind in _types(part)}
    if "null" in kinds and "string" not in kinds and is_null_text(value):
        return None
    if isinstance(value, str) and kinds & {"array", "object"} and "string" not in kinds:
        try:
            decoded = _json.loads(value.encode("utf-8", "surrogatepass")) if value.strip() else None
        except ValueError:
            return value
        if decoded is None and "null" not in kinds and not value.strip():
            decoded = {} if "object" in kinds else []
        value = decoded if decoded is None or isinstance(decoded, dict | list) else value
    for part in parts:
        if isinstance(value, list) and isinstance(items := part.get("items"), dict):
            value = [with_texts_read(item, items) for item in value]
        elif isinstance(value, dict):
            others = part.get("additionalProperties")
            named = part.get("properties", {})
            schemas = {key: named.get(key, others) for key in value}
            value = {
                key: with_texts_read(item, schemas[key]) if isinstance(schemas[key], dict) else item
                for key, item in value.items()
            }
    return value


def _joined(schema: Schema) -> Schema:
    """Return alternatives as a list of types where that is equivalent: templates show a type, but not always anyOf."""
    parts: list[Schema] = schema.get("anyOf", [])
    detailed = [part for part in parts if set(part) != {"type"}]
    plain = [part for part in parts if set(part) == {"type"}]
    only_null = all(part == {"type": "null"} for part in plain)
    if not parts or len(detailed) > 1 or (detailed and not (only_null and detailed[0].get("type"))):
        return schema
    around = {key: value for key, value in schema.items() if key != "anyOf"}
    kinds = _one_or_list(kind for part in [*detailed, *plain] for kind in _types(part))
    joined: Schema = {**(detailed[0] if detailed else {}), **around, "type": kinds}
    if "enum" in joined and plain and None not in joined["enum"]:
        joined["enum"] = [*joined["enum"], None]
    return joined


def _types(schema: Schema) -> list[str]:
    kinds: str | list[str] = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _one_or_list(kinds: Iterable[str]) -> str | list[str]:
    different = list(dict.fromkeys(kinds))
    return different[0] if len(different) == 1 else different
