"""The vectors of an embedding: kept as the JSON text they came in until they are read, as floats, arrays or numpy's."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ollama_sdk.generated.models.embed_response import EmbedResponse
from ollama_sdk.generated.types import _plain
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers import check_shape, decode_object
from ollama_sdk.overlay._errors import DecodeError, shortened

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from ollama_sdk.generated.types import Operation
    from ollama_sdk.overlay._answers import Source

_KEY: Final = b'"embeddings":'


class VectorsResponse(EmbedResponse):
    """What `embed` gives: an `EmbedResponse` whose numbers are decoded when they are first read.

    Numbers that were never decoded cost no time: `as_numpy()` does not make a Python float of each.

    Example:
        >>> response = VectorsResponse(model="all-minilm", embeddings=[[0.5, 0.25]])
        >>> response.embeddings
        [[0.5, 0.25]]
        >>> response.as_arrays()
        [array('f', [0.5, 0.25])]
    """

    def as_numpy(self) -> NDArray[numpy.float32]:
        """The vectors as one numpy array of float32, which is what the server computes with.

        With pysimdjson installed (`pip install 'ollama-sdk[numpy]'` brings both), no Python float is made on the way.

        Returns:
            A new array of the shape (texts, dimensions); (0, 0) when there are no vectors.

        Raises:
            ImportError: numpy is not installed.
            DecodeError: The answer has something else than vectors of numbers, all of one length.
        """
        try:
            import numpy
        except ImportError as error:
            raise ImportError("as_numpy() needs numpy: pip install 'ollama-sdk[numpy]'") from error
        value = self.__dict__.get("embeddings")
        parts = value.parts if type(value) is VectorsText else [value or []]
        blocks = [block for part in parts if (block := _block(part)).size]
        if len({block.shape[1] for block in blocks}) > 1:
            raise _unusable("its vectors are of different lengths")
        if len(blocks) == 1:
            return blocks[0]
        return numpy.concatenate(blocks) if blocks else numpy.empty((0, 0), numpy.float32)

    def as_arrays(self) -> list[array[float]]:
        """The vectors as arrays of the standard library, which take 4 bytes for each number (float32).

        Raises:
            DecodeError: The answer has something else than vectors of numbers.
        """
        return [_array(vector) for vector in self.embeddings or []]


class VectorsText:
    """The vectors of an answer, or of the answers to several batches in order, as JSON text.

    Attributes:
        parts: Each the text of a JSON array of vectors, or such an array where it had to be decoded.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[bytes | list[list[float]]]) -> None:
        """Keep the text."""
        self.parts = parts

    def lists(self) -> list[list[float]]:
        """The vectors as lists of floats."""
        vectors: list[list[float]] = []
        for part in self.parts:
            vectors += _decoded(part) if isinstance(part, bytes) else part
        return vectors


def _embeddings(self: VectorsResponse) -> Any:
    value = self.__dict__.get("embeddings")
    if type(value) is VectorsText:
        value = self.__dict__["embeddings"] = value.lists()
    return value


def _plain_embeddings(value: Any) -> Any:
    return value.lists() if type(value) is VectorsText else _plain(value)


# As the fields of generated models that are converted when they are first read.
setattr(VectorsResponse, "embeddings", property(_embeddings))  # noqa: B010  # hidden from type checkers
VectorsResponse._python_names = {**EmbedResponse._python_names, "embeddings": "embeddings"}
VectorsResponse._plain_values = {**EmbedResponse._plain_values, "embeddings": _plain_embeddings}


def parse_vectors(operation: Operation[Any, VectorsResponse], data: bytes, source: Source) -> VectorsResponse:
    """The model of an answer, with the text of its vectors.

    Raises:
        DecodeError: It is not JSON, or not an object. What is wrong with the vectors alone is told when they are read.
        ResponseError: It is an error object.
    """
    start, end = _find(data)
    if end:
        # The vectors are nearly all of the answer; the rest is decoded at once, so that it cannot be something else.
        try:
            fields = _json.loads(data[:start] + b"null" + data[end:])
        except ValueError:
            fields = None
        if type(fields) is dict and fields.get("error") is None and fields.get("embeddings", 0) is None:
            fields["embeddings"] = VectorsText([data[start:end]])
            return VectorsResponse._adopt(fields)
    return VectorsResponse._adopt(check_shape(VectorsResponse, decode_object(data, source), data, source))


def _find(data: bytes) -> tuple[int, int]:
    """Where the text of the vectors begins and ends; two zeros when it is not where it is expected.

    It is all from the first bracket after the key to the last one before the next quotation mark, or the end: there is
    no text within vectors.
    """
    key = data.find(_KEY)
    start = data.find(b"[", key)
    if key < 0 or start < 0 or data[key + len(_KEY) : start].strip():
        return 0, 0
    quote = data.find(b'"', start)
    return start, data.rfind(b"]", start, quote if quote >= 0 else len(data)) + 1


def _decoded(text: bytes) -> list[Any]:
    try:
        value = _json.loads(text)
    except ValueError as error:
        raise _unusable(f"it is not JSON: {error}", text) from error
    assert isinstance(value, list)  # the text begins with a bracket
    return value


def _block(part: bytes | list[list[float]]) -> NDArray[numpy.float32]:
    """Vectors as one array with two axes."""
    import numpy

    if isinstance(part, bytes):
        block = _block_of_text(part)
        if block is not None:
            return block
        part = _decoded(part)
    numbers = array("f")
    for vector in part:
        _extend(numbers, vector)
    if len({len(vector) for vector in part}) > 1:
        raise _unusable("its vectors are of different lengths")
    return numpy.array(numbers, numpy.float32).reshape(len(part), -1 if part else 0)


def _block_of_text(text: bytes) -> NDArray[numpy.float32] | None:
    """As `_block`, with simdjson, where that is installed and the text is what is expected.

    256 vectors of 768 in 4.6 ms, where decoding to Python floats and packing these takes 11.5.
    """
    try:
        import simdjson
    except ImportError:
        return None
    import numpy

    try:
        vectors: Any = simdjson.Parser().parse(text)
        lengths = {len(vector) for vector in vectors}
        if len(lengths) != 1 or text.count(b"[") != len(vectors) + 1:  # simdjson flattens what is deeper
            return None
        numbers = numpy.frombuffer(vectors.as_buffer(of_type="d"), numpy.float64)
    except (TypeError, ValueError, RuntimeError):
        return None  # the slower way tells what is wrong, and knows numbers that simdjson does not
    with numpy.errstate(over="ignore"):  # beyond float32 is infinity, as in array("f")
        return numbers.astype(numpy.float32).reshape(-1, lengths.pop())


def _array(vector: object) -> array[float]:
    numbers = array("f")
    _extend(numbers, vector)
    return numbers


def _extend(numbers: array[float], vector: Any) -> None:
    try:
        numbers.fromlist(vector)
    except (TypeError, OverflowError) as error:
        raise _unusable(f"a vector is {shortened(repr(vector).encode())}, not a list of numbers") from error


def _unusable(why: str, body: bytes = b"") -> DecodeError:
    return DecodeError(f"the answer of POST /api/embed cannot be read: {why}", status_code=200, error=why, body=body)
