"""The text of a Modelfile becomes arguments of create."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_sdk.generated.models.create_request import CreateRequest
from ollama_sdk.generated.models.options import Options
from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._library.modelfile import parse_commands, read_modelfile


def arguments(text: str) -> dict[str, object]:
    return read_modelfile("FROM base\n" + text).arguments


def test_every_command_becomes_an_argument_of_create() -> None:
    text = (
        "FROM llama3:8b\nPARAMETER temperature 0.5\nTEMPLATE {{ .Prompt }}\nSYSTEM You are Mario.\nLICENSE MIT\n"
        "LICENSE Apache\nMESSAGE user hi\nMESSAGE assistant hello\nRENDERER qwen3\nPARSER qwen3\nREQUIRES v0.14.0\n"
    )
    assert read_modelfile(text).arguments == {
        "from_": "llama3:8b",
        "parameters": {"temperature": 0.5},
        "template": "{{ .Prompt }}",
        "system": "You are Mario.",
        "license": ["MIT", "Apache"],
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
        "renderer": "qwen3",
        "parser": "qwen3",
        "requires": "0.14.0",
    }


def test_the_arguments_are_fields_of_the_create_request() -> None:
    text = "TEMPLATE a\nSYSTEM a\nLICENSE a\nMESSAGE user a\nRENDERER a\nPARSER a\nREQUIRES 1\nPARAMETER seed 1"
    request = CreateRequest(model="m", **arguments(text))
    assert request.to_dict()["from"] == "base"


def test_commands_are_read_without_regard_to_case() -> None:
    assert read_modelfile("from base\nSystem x").arguments == {"from_": "base", "system": "x"}


def test_comments_and_blank_lines_are_skipped() -> None:
    assert read_modelfile("# one\n\n  # two\n\tFROM base\n#three").arguments == {"from_": "base"}


def test_a_hash_inside_a_value_is_no_comment() -> None:
    assert arguments("SYSTEM say # often")["system"] == "say # often"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  plain text  ", "plain text"),
        ('"  kept  "', "  kept  "),
        ('"two\nlines"', "two\nlines"),
        ('"""\nThree.\n"""', "\nThree.\n"),
        ('"""with "quotes" inside"""   ', 'with "quotes" inside'),
        ('"""a""" b\nc"""', 'a""" b\nc'),
        ('""', ""),
        ('""""""', ""),
        ("", ""),
        ("'single'", "'single'"),
        ('it is "so"', 'it is "so"'),
        ('"""tab\tkept"""', "tab\tkept"),
        ('"a\r\nb"', "a\r\nb"),
        ("zero​width and\xa0odd space", "zerowidth andodd space"),
        ('\xa0"""an odd space, as copied from a page\n"""\u200b', "an odd space, as copied from a page\n"),
        ("größe 🌍", "größe 🌍"),
    ],
)
@pytest.mark.parametrize("after", ["", "\n", "\r\n", "\nLICENSE x"])
def test_values_are_quoted_as_the_command_line_reads_them(written: str, read: str, after: str) -> None:
    assert arguments(f"SYSTEM {written}{after}")["system"] == read


def test_options_get_the_types_of_the_api() -> None:
    text = "PARAMETER num_ctx 4096\nPARAMETER top_p 1\nPARAMETER use_mmap True\nPARAMETER stop 7"
    parameters = arguments(text)["parameters"]
    assert parameters == {"num_ctx": 4096, "top_p": 1.0, "use_mmap": True, "stop": ["7"]}
    assert [type(value) for value in parameters.values()] == [int, float, bool, list]


def test_every_option_of_the_api_can_be_a_parameter() -> None:
    for name in Options._field_names():
        assert list(arguments(f"PARAMETER {name} 1")["parameters"]) == [name]


def test_stop_is_collected_and_of_other_parameters_the_last_counts() -> None:
    text = 'PARAMETER stop a\nPARAMETER seed 1\nPARAMETER stop "b "\nPARAMETER seed 2'
    assert arguments(text)["parameters"] == {"stop": ["a", "b "], "seed": 2}


def test_obsolete_parameters_are_left_out() -> None:
    assert arguments("PARAMETER mirostat 1\nPARAMETER seed 1")["parameters"] == {"seed": 1}


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("FROM a\n\nBADCOMMAND x y\n", 3, "expected one of FROM, PARAMETER"),
        ("FROM a\nSYSTEM", 2, "expected a value after SYSTEM"),
        ("FROM a\r\nSYSTEM\r\n", 2, "expected a value after SYSTEM"),
        ("FROM \n", 1, "expected a name after FROM"),
        ("FROM a\nPARAMETER num_ctx\n", 2, "expected a value after PARAMETER num_ctx"),
        ("FROM a\nPARAMETER \n", 2, "the end of the line"),
        ("FROM a\nPARAMETER a-b 1\n", 2, "'a-b'"),
        ("FROM a\nPARAMETER num_ctx lots", 2, "must be a whole number, not 'lots'"),
        ("FROM a\nPARAMETER num_ctx 1_000", 2, "must be a whole number"),
        ("FROM a\nPARAMETER num_ctx 99999999999999999999", 2, "must be a whole number"),
        ("FROM a\nPARAMETER top_p nan", 2, "must be a number"),
        ("FROM a\nPARAMETER top_p 1e999", 2, "must be a number"),
        ("FROM a\nPARAMETER use_mmap yes", 2, "must be true or false"),
        ("FROM a\nPARAMETER temprature 1", 2, "did you mean 'temperature'?"),
        ("FROM a\nMESSAGE badguy hi", 2, "one of system, user, assistant"),
        ("FROM a\nMESSAGE user", 2, "expected a value after MESSAGE user"),
        ('FROM a\nSYSTEM """\nnever closed\n\n', 2, 'no later line ends with """'),
        ('FROM a\nSYSTEM "', 2, 'no later line ends with "'),
        ("FROM a\nREQUIRES soon", 2, "expected a version"),
        ('FROM a\nSYSTEM """\n\n"""\nnope', 5, "expected one of"),
    ],
)
def test_a_fault_tells_its_line_and_what_was_expected(text: str, line: int, expected: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_modelfile(text)
    assert f"line {line}: " in str(caught.value)
    assert expected in str(caught.value)


def test_a_modelfile_without_from_is_refused() -> None:
    with pytest.raises(RequestError, match="expected a line with FROM"):
        read_modelfile("SYSTEM x")


def test_something_else_than_text_or_path_is_refused() -> None:
    with pytest.raises(RequestError, match="must be a text or a Path, not bytes"):
        read_modelfile(b"FROM a")  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encodings_that_editors_write(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "Modelfile").write_bytes("FROM base\nSYSTEM größe".encode(encoding))
    assert read_modelfile(tmp_path / "Modelfile").arguments["system"] == "größe"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="Nope cannot be read: No such file"):
        read_modelfile(tmp_path / "Nope")


def test_a_file_too_large_for_a_modelfile_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "model.gguf").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    with pytest.raises(RequestError, match="no Modelfile"):
        read_modelfile(tmp_path / "model.gguf")


_PIECES = st.sampled_from(
    [
        *("FROM", "from ", "PARAMETER ", "stop ", "num_ctx ", "MESSAGE ", "user ", "SYSTEM ", "ADAPTER ", "DRAFT "),
        *("LICENSE ", "REQUIRES ", '"', '"""', "#", "\n", "\r\n", "\r", " ", "\t", "x", "1", "../", "~", "/"),
        *("\x00", "\ufeff", "\ud800", "\x85"),
    ]
)


@given(st.lists(_PIECES | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        read = read_modelfile(text)
    except RequestError:
        return
    assert "from_" in read.arguments
    assert not read.files


@given(st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" \n\t"), max_size=60))
def test_a_text_in_three_quotes_comes_back_as_it_was(text: str) -> None:
    if text.endswith('"') or '"""' in text:
        return
    assert parse_commands(f'SYSTEM """{text}"""')[0].value == text


def test_a_large_modelfile_is_read_in_one_pass() -> None:
    text = "FROM a\n" + 'MESSAGE user "\n' * 20_000 + 'SYSTEM """' + 'a" ' * 100_000 + '"""\n' + "\n" * 100_000
    assert len(parse_commands(text)) == 10_002
