"""The vectors of embeddings: as floats, as arrays, as numpy's, and what is told when they are none."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from overlay.callers import Api

from ollama_sdk.overlay import DecodeError, EmbedResponse, ResponseError, VectorsResponse
from ollama_sdk.overlay._answers.answers import Source
from ollama_sdk.overlay._embeddings.vectors import parse_vectors
from ollama_sdk.overlay._embeddings.vectors_text import VectorsText
from ollama_sdk.overlay.testing import Json, OllamaServer, Reply, Send

numpy = pytest.importorskip("numpy", reason="as_numpy needs numpy, which is an extra")
WHERE = Source("POST http://h/api/embed", 200, {})


@pytest.fixture(params=["simdjson", "without simdjson"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "simdjson":
        pytest.importorskip("simdjson", reason="it is an extra")
    else:
        monkeypatch.setitem(sys.modules, "simdjson", None)
    return request.param


@pytest.fixture
def embed(api: Api, server: OllamaServer) -> Callable[[object], VectorsResponse]:
    """Ask a server that answers with the given embeddings, for as many texts."""

    def ask(embeddings: Any) -> VectorsResponse:
        server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": embeddings, "prompt_eval_count": 3}))
        return api.embed("m", ["a"] * len(embeddings or ()))

    return ask


def parsed(text: bytes) -> VectorsResponse:
    from ollama_sdk.generated import api

    return parse_vectors(api.EMBED, text, WHERE)  # type: ignore[arg-type]  # as `_requests.embed` casts it


def test_vectors_are_a_numpy_array_of_float32(embed: Callable[..., VectorsResponse], reader: str):
    response = embed([[0.1, -2, 3e-5], [1, 0, 1e2]])
    vectors = response.as_numpy()
    assert (vectors.dtype, vectors.shape) == (numpy.float32, (2, 3))
    assert vectors.tolist() == numpy.array([[0.1, -2, 3e-5], [1, 0, 1e2]], "f").tolist()
    assert response.embeddings == [[0.1, -2, 3e-5], [1, 0, 1e2]]
    assert response.as_numpy().tolist() == vectors.tolist()  # now from the floats
    vectors[0, 0] = 5.0  # it is the caller's


def test_vectors_are_arrays_of_the_standard_library(embed: Callable[..., VectorsResponse]):
    assert embed([[0.5, 1], [2, 3]]).as_arrays() == [array("f", [0.5, 1]), array("f", [2, 3])]


@pytest.mark.parametrize("nothing", [[], None])
def test_no_vectors_are_an_empty_array(embed: Callable[..., VectorsResponse], reader: str, nothing: object):
    response = embed(nothing)
    assert response.embeddings == []
    assert response.as_numpy().shape == (0, 0)
    assert response.as_arrays() == []


@pytest.mark.parametrize(
    ("vectors", "why"),
    [
        ([[0.5], [0.5, 1]], "different lengths"),
        ([[0.5], []], "different lengths"),
        ([[0.5], [None]], "[None], not a list of numbers"),
        ([None], "a vector is None"),
        ([0.5], "a vector is 0.5"),
        ([["0.5"]], "['0.5'], not a list of numbers"),
        ([[[0.5]]], "[[0.5]], not a list of numbers"),
    ],
)
def test_what_is_no_vector_is_an_error_that_says_why(
    embed: Callable[..., VectorsResponse], reader: str, vectors: object, why: str
):
    response = embed(vectors)
    with pytest.raises(DecodeError) as caught:
        response.as_numpy()
    assert why in str(caught.value)
    assert response.embeddings == vectors  # what the server sent can still be read


def test_numbers_beyond_float32_are_infinite(embed: Callable[..., VectorsResponse], reader: str):
    assert embed([[1e300, -1e300, 1e-300, 123456789012345678901234567890]]).as_numpy().tolist() == [
        [float("inf"), float("-inf"), 0.0, float(numpy.float32(123456789012345678901234567890))]
    ]


def test_without_numpy_the_error_names_the_extra(
    embed: Callable[..., VectorsResponse], monkeypatch: pytest.MonkeyPatch
):
    response = embed([[0.5]])
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'ollama-sdk\[numpy\]'"):
        response.as_numpy()


def test_it_is_the_response_that_it_was(embed: Callable[..., VectorsResponse]):
    def fresh() -> VectorsResponse:
        return embed([[0.5, 1.0]])

    plain = EmbedResponse(model="m", embeddings=[[0.5, 1.0]], prompt_eval_count=3)
    assert fresh() == plain
    assert plain == fresh()
    assert isinstance(fresh(), EmbedResponse)
    assert fresh().to_dict() == plain.to_dict()
    assert json.loads(fresh().to_json()) == plain.to_dict()
    assert dict(fresh()) == dict(plain)
    assert fresh()["embeddings"] == fresh().get("embeddings") == [[0.5, 1.0]]
    assert "embeddings" in fresh()
    assert repr(fresh()) == repr(plain).replace("EmbedResponse", "VectorsResponse")
    for twin in (copy.copy(fresh()), copy.deepcopy(fresh()), pickle.loads(pickle.dumps(fresh()))):
        assert twin == plain
        assert twin.as_numpy().tolist() == [[0.5, 1.0]]
    changed = fresh()
    changed.embeddings = [[2.0]]
    assert changed.as_numpy().tolist() == [[2.0]]


def test_an_error_under_200_is_raised_by_the_call(api: Api, server: OllamaServer):
    for body in ({"error": "out of memory"}, {"embeddings": [[0.5]], "error": "out of memory"}):
        server.reply("POST", "/api/embed", Json(body))
        with pytest.raises(ResponseError, match="out of memory"):
            api.embed("m", "a")


@pytest.mark.parametrize("body", [b"<html>[1]</html>", b"", b'{"embeddings":[[1]', b'{"embeddings":[[1]]', b"[[1]]"])
def test_what_is_no_answer_is_raised_by_the_call(api: Api, server: OllamaServer, body: bytes):
    server.reply("POST", "/api/embed", Reply(Send(body)))
    with pytest.raises(DecodeError):
        api.embed("m", "a")


def test_vectors_that_are_no_json_are_an_error_when_they_are_read():
    response = parsed(b'{"model":"m","embeddings":[[1,,2]]}')
    assert response.model == "m"
    for read in (lambda: response.embeddings, response.as_numpy, response.as_arrays):
        with pytest.raises(DecodeError, match="not JSON"):
            read()


@given(
    st.dictionaries(st.sampled_from(["a", 'x"embeddings":[', "]]", "embeddings"]) | st.text(), st.just([[1.5], [2]])),
    st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2, max_size=2)),
    st.sampled_from([(",", ":"), (" , ", " : "), (",\n", ": ")]),
    st.booleans(),
)
def test_an_answer_is_read_as_json_reads_it_wherever_its_vectors_are(
    others: dict[str, Any], vectors: list[list[float]], separators: tuple[str, str], last: bool
):
    others.pop("error", None)
    fields = {**others, "embeddings": vectors} if last else {"embeddings": vectors, **others}
    for nested in (fields, {"inner": fields, "model": "m"}):
        text = json.dumps(nested, separators=separators, ensure_ascii=False).encode("utf-8", "surrogatepass")
        assert parsed(text).to_dict() == json.loads(text)
        given = nested.get("embeddings") or []
        assert parsed(text).as_numpy().tolist() == numpy.array(given, "f").tolist()


DIGITS = st.text("0123456789", min_size=1, max_size=25).map(lambda digits: digits.lstrip("0") or "0")
NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    DIGITS,
    st.just("") | st.text("0123456789", min_size=1, max_size=25).map(".{}".format),
    st.just("") | st.integers(-60, 50).map("e{:+d}".format),
)


@given(st.integers(1, 5), st.data(), st.sampled_from([",", " , ", ",\n"]), st.integers(4, 200))
def test_each_number_is_right_to_the_last_bit_however_the_text_is_cut(
    length: int, data: st.DataObject, comma: str, piece: int
):
    rows = data.draw(st.lists(st.lists(NUMBERS, min_size=length, max_size=length), min_size=1, max_size=8))
    text = comma.join("[" + comma.join(row) + "]" for row in rows)
    wanted = numpy.array([array("f", vector) for vector in json.loads(f"[{text}]")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ollama_sdk.overlay._embeddings.vectors_numpy._PIECE", piece)
        response = parsed(f'{{"model":"m","embeddings":[{text}]}}'.encode())
        vectors = response.as_numpy()
        assert response.as_arrays() == [array("f", row) for row in wanted.tolist()]
        patch.setitem(sys.modules, "simdjson", None)
        assert response.as_numpy().tobytes() == wanted.tobytes()
    assert vectors.tobytes() == wanted.tobytes()
    assert vectors.shape == wanted.shape


MANY = [[0.5, 1.0]] * 10_000  # more than one piece of text


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ([0.5], "different lengths"),
        ([[0.5, 1.0]], "not a list of numbers"),
        ([], "different lengths"),
        (None, "a vector is None"),
        ([0.5, None], "not a list of numbers"),
    ],
)
@pytest.mark.parametrize("at", [0, 5_000, 10_000])
def test_one_that_is_no_vector_is_found_among_many(reader: str, odd: object, at: int, why: str):
    text = json.dumps({"model": "m", "embeddings": [*MANY[:at], odd, *MANY[at:]]}, separators=(",", ":"))
    with pytest.raises(DecodeError, match=why):
        parsed(text.encode()).as_numpy()
    if "lengths" not in why:
        with pytest.raises(DecodeError, match=why):
            parsed(text.encode()).as_arrays()


@pytest.mark.parametrize("text", [b"[%b,]", b"[,%b]", b"[%b,,[1,2]]", b"[%b[1,2]]", b"[%b]]", b"[[1,2,]]", b"[[1 2]]"])
def test_many_vectors_that_are_no_json_are_an_error_when_they_are_read(reader: str, text: bytes):
    vectors = b",".join([b"[0.5,1.0]"] * 10_000)
    response = parsed(b'{"model":"m","embeddings":%b}' % text.replace(b"%b", vectors))
    for read in (response.as_numpy, response.as_arrays):
        with pytest.raises(DecodeError, match="not JSON"):
            read()


def test_the_text_is_kept_until_it_is_read():
    response = parsed(b'{"model":"m","embeddings":[[1,2]],"total_duration":1}')
    assert type(response.__dict__["embeddings"]) is VectorsText
    response.as_numpy()
    response.as_arrays()
    assert type(response.__dict__["embeddings"]) is VectorsText
    assert response.embeddings == [[1, 2]]
    assert response.__dict__["embeddings"] == [[1, 2]]
