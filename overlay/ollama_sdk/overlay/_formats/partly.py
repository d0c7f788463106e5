"""The part of a structured answer that has arrived: its JSON as far as it can be read."""

from __future__ import annotations

from typing import Any, TypeVar

from attrs import frozen

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._formats.formats import Format, _Parsed

P = TypeVar("P", bound=_Parsed[Any])


@frozen
class PartialFormat(Format[Any]):
    """The form of an answer that is still being written."""

    def parse(self, text: str, *, response: Model | None = None) -> Any:
        """Return the decoded JSON of the beginning of a text; None while nothing can be read.

        Texts, lists and objects may be incomplete; a key without a value is left out, and so is half a word such as
        `tru`. A number at the end may still grow.

        Raises:
            ImportError: pydantic is not installed.
        """
        try:
            from pydantic_core import from_json
        except ImportError as error:
            raise ImportError("partial.parsed needs pydantic: pip install 'ollama-sdk[pydantic]'") from error
        try:
            return from_json(text.encode("utf-8", "surrogatepass"), allow_partial="trailing-strings")
        except ValueError:
            return None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as it is made."""
        return PartialFormat, (self.wire,)


def partly_parsed(partial: Model | None, kind: type[P], *, has_format: bool = True) -> P | None:
    """Return the accumulated part of an answer as a response whose `.parsed` is what can be read of it."""
    return None if partial is None else kind.of(partial, PartialFormat("json") if has_format else None)
