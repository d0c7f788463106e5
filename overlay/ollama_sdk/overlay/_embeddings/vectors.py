"""The response of embed: its vectors stay JSON text until they are read as lists, arrays or a numpy array."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ollama_sdk.generated.models.embed_response import EmbedResponse
from ollama_sdk.generated.types import _plain
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.answers import decode_object, shaped_model
from ollama_sdk.overlay._embeddings.vectors_text import Part, TextPart, VectorsText, add_vector

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from ollama_sdk.generated.types import Operation
    from ollama_sdk.overlay._answers.answers import Source

_KEY: Final = b'"embeddings":'


class VectorsResponse(EmbedResponse):
    """The response of `embed`: an `EmbedResponse` whose numbers are decoded when they are first read.

    `as_numpy()` does not make a Python float of each number.

    Example:
        >>> response = VectorsResponse(model="all-minilm", embeddings=[[0.5, 0.25]])
        >>> response.embeddings
        [[0.5, 0.25]]
        >>> response.as_arrays()
        [array('f', [0.5, 0.25])]
    """

    __module__ = "ollama_sdk.overlay"

    def as_numpy(self) -> NDArray[numpy.float32]:
        """Return the vectors as one numpy array of float32, the type that the server computes with.

        With pysimdjson (`pip install 'ollama-sdk[numpy]'` installs both), no Python float is made of any number.

        Returns:
            A new array of the shape (texts, dimensions); (0, 0) when there are no vectors.

        Raises:
            ImportError: numpy is not installed.
            DecodeError: The answer has something else than vectors of numbers, all of one length.
        """
        try:
            import numpy  # noqa: F401  # for an error that names the extra
        except ImportError as error:
            raise ImportError("as_numpy() needs numpy: pip install 'ollama-sdk[numpy]'") from error
        from ollama_sdk.overlay._embeddings.vectors_numpy import matrix

        return matrix(self._parts())

    def as_arrays(self) -> list[array[float]]:
        """Return the vectors as arrays of the standard library, which take 4 bytes for each number (float32).

        Raises:
            DecodeError: The answer has something else than vectors of numbers.
        """
        return [add_vector(array("f"), vector) for part in self._parts() for vector in part]

    @property
    def positions(self) -> list[int]:
        """The position among the texts of each vector; of the `partial` of an error, some are missing."""
        kept: list[int] | None = self.__dict__.get("positions")
        return list(range(len(self.embeddings))) if kept is None else kept

    def _shown(self, key: str) -> Any:
        """Return the value of a field for `repr`, which does not decode vectors that it would not show."""
        value = self.__dict__.get(key)
        return value if type(value) is VectorsText and value.is_long else super()._shown(key)

    def _parts(self) -> Sequence[Part]:
        value = self.__dict__.get("embeddings")
        return value.parts if type(value) is VectorsText else [value or []]


def _embeddings(self: VectorsResponse) -> Any:
    value = self.__dict__.get("embeddings")
    if type(value) is VectorsText:
        value = self.__dict__["embeddings"] = value.lists()
    return [] if value is None else value


def _plain_embeddings(value: Any) -> Any:
    return value.lists() if type(value) is VectorsText else _plain(value)


# Like the fields of generated models that are converted when they are first read.
setattr(VectorsResponse, "embeddings", property(_embeddings))  # noqa: B010  # hidden from type checkers
VectorsResponse._python_names = {**EmbedResponse._python_names, "embeddings": "embeddings"}
VectorsResponse._plain_values = {**EmbedResponse._plain_values, "embeddings": _plain_embeddings}


def parse_vectors(
    operation: Operation[Any, VectorsResponse], data: bytes, source: Source, *, count: int | None = None
) -> VectorsResponse:
    """Return the model of an answer, with the text of its vectors.

    Raises:
        DecodeError: It is not JSON, not an object, or has another number of vectors than `count`: programs pair them
            with their texts. Other faults of the vectors are reported when they are read.
        ResponseError: It is an error object.
    """
    response = _parse(data, source)
    if count is not None:
        found = sum(map(len, response._parts()))
        if found != count and (found := len(response.embeddings)) != count:  # not all of it may be vectors
            raise source.undecodable(data, f"has {found} vectors for {count} texts")
    return response


def _parse(data: bytes, source: Source) -> VectorsResponse:
    start, end = _find(data)
    if end:
        # The rest of the answer, which is short, is decoded now, so that its faults are reported now.
        try:
            fields = _json.loads(data[:start] + b"null" + data[end:])
        except ValueError:
            fields = None
        if type(fields) is dict and fields.get("error") is None and fields.get("embeddings", 0) is None:
            fields["embeddings"] = VectorsText([TextPart(data, start, end)])
            return VectorsResponse._adopt(fields)
    return shaped_model(VectorsResponse, decode_object(data, source), data, source)


def _find(data: bytes) -> tuple[int, int]:
    """Return where the text of the vectors begins and ends; two zeros when it is not where it is expected.

    It goes from the first bracket after the key to the last one before the next quotation mark or the end, since
    vectors have no text.
    """
    key = data.find(_KEY)
    start = data.find(b"[", key)
    if key < 0 or start < 0 or data[key + len(_KEY) : start].strip():
        return 0, 0
    quote = data.find(b'"', start)
    return start, data.rfind(b"]", start, quote if quote >= 0 else len(data)) + 1
