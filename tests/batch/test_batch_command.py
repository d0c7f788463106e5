"""The command line: files in, a file out, what it says and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batch.server import asked, echo, refusal, rows_of

from ollama_sdk.overlay.batch._command_line.command import CANNOT_RUN, DONE, INTERRUPTED, ROWS_FAILED, TERMINATED, main
from ollama_sdk.overlay.batch._command_line.input import Input
from ollama_sdk.overlay.testing import Never, OllamaServer, Received, Reply

Command = Callable[..., int]


@pytest.fixture
def command(server: OllamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in a folder of its own, on the server, with a model."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        return main(["--model", "m", "--host", server.url, *arguments])

    return run


def write(name: str, *rows: Any) -> str:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    Path(name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return name


def answers(name: str = "out.jsonl") -> dict[str, Any]:
    """The values, and the messages of errors, by id."""
    lines = [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]
    assert len({line["id"] for line in lines}) == len(lines)
    return {line["id"]: line["value"] if "value" in line else line["error"]["message"] for line in lines}


# What comes in and goes out


def test_each_line_is_a_prompt_and_its_answer_a_line(command: Command, capsys: pytest.CaptureFixture[str]):
    write("in.jsonl", {"id": "x", "text": "one"}, "", {"id": "y", "text": "zwölf"})

    assert command("in.jsonl", "out.jsonl", "--prompt", "Say {text}", "--system", "Be {id}") == DONE

    assert answers() == {"x": "Say one", "y": "Say zwölf"}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("2 of 2 rows, in ")
    assert ": 2 rows" in captured.err


def test_csv_has_names_in_its_first_line(command: Command, server: OllamaServer):
    write("in.csv", "\ufeffid,the text,n", 'a,"one, two",1', 'b,"three\nfour",2')

    assert command("in.csv", "out.jsonl", "--prompt", "{the text} {n}") == DONE

    assert answers() == {"a": "one, two 1", "b": "three\nfour 2"}


def test_tsv_is_csv_with_tabs(command: Command):
    write("in.TSV", "id\ttext", "a\tone, two")

    assert command("in.TSV", "out.jsonl", "--prompt", "{text}") == DONE
    assert answers() == {"a": "one, two"}


def test_a_field_may_have_the_messages(command: Command, server: OllamaServer):
    write("in.jsonl", {"id": 1, "talk": [{"role": "user", "content": "Hi"}]}, {"id": 2, "talk": "no list"}, {"id": 3})

    assert command("in.jsonl", "out.jsonl", "--messages", "talk") == ROWS_FAILED

    found = answers()
    assert found["1"] == "Hi"
    assert found["2"].startswith("line 2: ") or "messages must be a list" in found["2"]
    assert found["3"] == "line 3: the row has no field 'talk'; it has id"


def test_a_schema_makes_the_answers_objects(command: Command, server: OllamaServer):
    write("in.jsonl", {"id": 1, "text": '{"mood": "good"}'})
    write("schema.json", {"type": "object", "properties": {"mood": {"type": "string"}}})

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--schema", "schema.json") == DONE

    assert answers() == {"1": {"mood": "good"}}
    assert server.requests[-1].json["format"]["type"] == "object"


def test_options_and_think_are_sent(command: Command, server: OllamaServer):
    write("in.jsonl", {"text": "a"})

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--options", '{"seed": 1}', "--no-think") == DONE

    assert (server.requests[-1].json["options"], server.requests[-1].json["think"]) == ({"seed": 1}, False)


def test_texts_become_vectors_in_a_file_of_numpy(command: Command):
    numpy = pytest.importorskip("numpy")
    write("in.jsonl", {"text": "one"}, {"text": "three"})

    assert command("in.jsonl", "out.jsonl", "--embed", "{text}", "--vectors", "vectors.npy") == DONE

    assert numpy.load("vectors.npy").tolist() == [[3.0, 0.5], [5.0, 0.5]]


def test_each_host_may_have_its_own_number_of_rows(command: Command, server: OllamaServer):
    write("in.jsonl", {"text": "a"})
    two = ["--host", f"{server.url}/", "--concurrency", "1", "--concurrency", "2"]

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", *two) == DONE
    assert (
        command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--concurrency", "1", "--concurrency", "2") == CANNOT_RUN
    )


# Going on


def test_the_same_command_goes_on_where_it_was(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]
):
    write("in.jsonl", {"text": "a"}, {"text": "b"})
    command("in.jsonl", "out.jsonl", "--prompt", "{text}")
    write("in.jsonl", {"text": "b"}, {"text": "c"}, {"text": "a"})
    capsys.readouterr()

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--timeout", "30") == DONE

    assert sorted(rows_of(server)) == ["a", "b", "c"]
    assert "3 of 3 rows, 2 of them done before" in capsys.readouterr().err


def test_another_prompt_needs_another_file(command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]):
    write("in.jsonl", {"text": "a"})
    command("in.jsonl", "out.jsonl", "--prompt", "{text}")

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}!") == CANNOT_RUN
    assert "is of another job" in capsys.readouterr().err
    assert rows_of(server) == ["a"]


def test_rows_that_may_succeed_later_are_tried_again(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]
):
    write("in.jsonl", {"id": 1, "text": "a"}, {"id": 2, "text": "b"})
    server.reply("POST", "/api/generate", lambda received: refusal(503 if asked(received) == "a" else 400))

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--max-attempts", "2") == ROWS_FAILED
    said = capsys.readouterr().err
    assert "2 failed (1 ResponseError, 1 ServerBusyError), such as" in said
    assert "1 of these are not in out.jsonl: the same command tries them again." in said
    server.reply("POST", "/api/generate", echo)
    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == ROWS_FAILED

    assert answers()["1"] == "a"


# Bad input


BAD = ("{", "[1]", '"text"', "\xff", '{"id": 9, "text": "a"', "{} {}")


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_cannot_be_read_is_a_failed_row_with_its_number(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str], line: str
):
    Path("in.jsonl").write_bytes(b'{"id": 1, "text": "a"}\n' + line.encode("latin-1") + b'\n{"id": 3, "text": "c"}\n')

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == ROWS_FAILED

    found = answers()
    assert (found["1"], found["3"]) == ("a", "c")
    assert found["line-2"].startswith("line 2 cannot be read: it is ")
    assert "line 2 cannot be read" in capsys.readouterr().err
    assert sorted(rows_of(server)) == ["a", "c"]


@pytest.mark.parametrize(
    ("line", "why"), [("a,b,c", "it has 3 fields"), ("a", "it has 1 fields"), ('"a"b,c', "not CSV")]
)
def test_a_line_of_csv_that_cannot_be_read_is_a_failed_row(command: Command, line: str, why: str):
    write("in.csv", "id,text", "x,one", line, "y,two")

    assert command("in.csv", "out.jsonl", "--prompt", "{text}") == ROWS_FAILED

    assert why in answers()["line-3"]
    assert (answers()["x"], answers()["y"]) == ("one", "two")


def test_csv_that_is_no_utf_8_is_a_failed_row(command: Command):
    Path("in.csv").write_bytes(b"id,text\nx,\xff\ny,two\n")

    assert command("in.csv", "out.jsonl", "--prompt", "{text}") == ROWS_FAILED
    assert "not UTF-8" in answers()["line-2"]


def test_strict_does_nothing_when_a_row_is_bad(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]
):
    write("in.jsonl", {"text": "a"}, "{", {"body": "c"})

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--strict") == CANNOT_RUN

    assert "line 2 cannot be read; line 3 of in.jsonl has no 'text'" in capsys.readouterr().err
    assert not Path("out.jsonl").exists()
    assert server.requests == []


@pytest.mark.parametrize(
    ("rows", "arguments", "said"),
    [
        ([{"body": "a"}], [], "no row of in.jsonl has the field 'text'; they have body"),
        ([{"id": 1, "text": "a"}, {"id": "1", "text": "b"}], [], "the id '1' is on the lines 1 and 2"),
        ([{"k": 1, "text": "a"}, {"k": 1, "text": "b"}], ["--id", "k"], "the id 1 is on the lines 1 and 2"),
        ([{"text": "a"}], ["--id", "k"], "has the field 'k'"),
        ([{"text": "a"}], ["--schema", "no.json"], "the schema cannot be read"),
        ([{"text": "a"}], ["--vectors", "v.npy"], "--vectors belongs to --embed"),
        ([{"text": "a"}], ["--deadline", "-1"], "deadline must be"),
        ([{"text": "a"}], ["--schema", "in.jsonl.list"], "is no object"),
        (["[", '{"text": "a"}', "]"], ["--strict"], "lines 1, 3 cannot be read"),
        (["[1]", "["], [], "no line of in.jsonl can be read, such as line 1: it is list"),
    ],
)
def test_what_cannot_work_is_told_before_the_first_request(
    command: Command,
    server: OllamaServer,
    capsys: pytest.CaptureFixture[str],
    rows: list[Any],
    arguments: list[str],
    said: str,
):
    write("in.jsonl", *rows)
    write("in.jsonl.list", [])

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", *arguments) == CANNOT_RUN

    assert said in capsys.readouterr().err
    assert server.requests == []


def test_a_prompt_that_is_the_same_for_every_row_is_refused(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]
):
    write("in.jsonl", {"text": "a"})

    assert command("in.jsonl", "out.jsonl", "--prompt", "text") == CANNOT_RUN
    assert "the same for every row" in capsys.readouterr().err
    assert server.requests == []


@pytest.mark.parametrize(
    "option",
    [
        ("--options", "[1]"),
        ("--options", '{"seed": NaN}'),
        ("--options", "{"),
        ("--timeout", "0"),
        ("--timeout", "nan"),
    ],
)
def test_an_option_that_no_row_could_be_sent_with_is_refused(
    command: Command, capsys: pytest.CaptureFixture[str], option: tuple[str, str]
):
    write("in.jsonl", {"text": "a"})

    with pytest.raises(SystemExit):
        command("in.jsonl", "out.jsonl", "--prompt", "{text}", *option)
    assert f"argument {option[0]}: invalid" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_as_rows_are_read_twice(command: Command, capsys: pytest.CaptureFixture[str]):
    os.mkfifo("in.jsonl")

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == CANNOT_RUN
    assert "is no regular file" in capsys.readouterr().err


@pytest.mark.parametrize(("files", "which"), [(("-", "out.jsonl"), "input"), (("in.jsonl", "-"), "output")])
def test_standard_input_and_output_are_refused(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str], files: tuple[str, str], which: str
):
    write("in.jsonl", {"text": "a"})

    with pytest.raises(SystemExit):
        command(*files, "--prompt", "{text}")
    assert f"argument {which}: name a file in place of -" in capsys.readouterr().err
    assert not Path("-").exists()


@pytest.mark.parametrize("name", ["in.jsonl", "out.jsonl"])
def test_vectors_are_not_written_over_the_rows_or_the_answers(
    command: Command, capsys: pytest.CaptureFixture[str], name: str
):
    pytest.importorskip("numpy", reason="numpy of the extra numpy is not installed")
    write("in.jsonl", {"text": "a"})

    assert command("in.jsonl", "out.jsonl", "--embed", "{text}", "--vectors", name) == CANNOT_RUN
    assert Path("in.jsonl").read_text() == '{"text": "a"}\n'


def test_rows_in_another_encoding_than_utf_8_are_refused(command: Command, capsys: pytest.CaptureFixture[str]):
    Path("in.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n', encoding="utf-16")

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == CANNOT_RUN
    assert "no line of in.jsonl can be read" in capsys.readouterr().err


def test_ctrl_c_while_the_rows_are_looked_through_ends_the_command(command: Command, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    write("in.jsonl", {"text": "a"})
    monkeypatch.setattr(Input, "check", interrupt)

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == INTERRUPTED


def test_without_a_standard_error_the_command_runs(command: Command, monkeypatch: pytest.MonkeyPatch):
    write("in.jsonl", {"text": "a"})
    monkeypatch.setattr(sys, "stderr", None)

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == DONE


def test_ids_that_not_every_row_has_are_not_used(command: Command):
    write("in.jsonl", {"id": 1, "text": "a"}, {"id": 1, "text": "b"}, {"text": "c"})

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == DONE
    assert sorted(answers().values()) == ["a", "b", "c"]


def test_files_that_are_not_there_are_told(command: Command, capsys: pytest.CaptureFixture[str]):
    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == CANNOT_RUN
    assert "the rows cannot be read" in capsys.readouterr().err
    write("in.jsonl", {"text": "a"})
    assert command("in.jsonl", "no/out.jsonl", "--prompt", "{text}") == CANNOT_RUN
    assert "the checkpoint cannot be written" in capsys.readouterr().err
    assert command("in.jsonl", ".", "--prompt", "{text}") == CANNOT_RUN
    assert "is a folder" in capsys.readouterr().err
    assert command("in.jsonl", "in.jsonl", "--prompt", "{text}") == CANNOT_RUN
    assert "is no row of a checkpoint" in capsys.readouterr().err


def test_no_host_that_answers_is_told(command: Command, capsys: pytest.CaptureFixture[str]):
    write("in.jsonl", {"text": "a"})

    assert main(["--model", "m", "--host", "127.0.0.1:9", "in.jsonl", "out.jsonl", "--prompt", "{text}"]) == CANNOT_RUN
    assert "no host can be used: http://127.0.0.1:9" in capsys.readouterr().err


def test_an_empty_file_is_done(command: Command, capsys: pytest.CaptureFixture[str]):
    write("in.jsonl")

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}") == DONE
    assert capsys.readouterr().err == ""


# A dry run


def test_a_dry_run_tells_what_there_is_to_do(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]
):
    write("in.jsonl", {"text": "a"}, {"text": "b"})
    command("in.jsonl", "out.jsonl", "--prompt", "{text}")
    write("in.jsonl", {"text": "a"}, {"text": "b"}, {"text": "c"}, {"no": 1}, {"text": "d"})
    server.requests.clear()
    capsys.readouterr()

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--dry-run") == ROWS_FAILED

    said = capsys.readouterr().out
    assert "5 rows in in.jsonl: 2 done before, 2 to do, 1 that cannot be sent" in said
    assert 'POST /api/generate:\n{\n  "model": "m",\n  "prompt": "c"\n}' in said
    assert server.requests == []


@pytest.mark.parametrize(
    ("text", "encoding", "shown"), [("\ud800", "utf-8", r"\ud800"), ("aä你", "cp1252", r"aä\u4f60")]
)
def test_a_dry_run_shows_what_its_output_has_no_letters_for_as_escapes(
    command: Command, monkeypatch: pytest.MonkeyPatch, text: str, encoding: str, shown: str
):
    write("in.jsonl", {"text": text})
    output = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", output)

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--dry-run") == DONE
    output.seek(0)
    assert f'"prompt": "{shown}"' in output.read()


def test_a_dry_run_makes_no_file(command: Command, capsys: pytest.CaptureFixture[str]):
    write("in.jsonl", {"text": "a"})

    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--dry-run") == DONE
    assert "1 rows in in.jsonl: 0 done before, 1 to do, 0 that cannot be sent" in capsys.readouterr().out
    assert not Path("out.jsonl").exists()


def test_quiet_says_nothing_when_all_went_well(
    command: Command, server: OllamaServer, capsys: pytest.CaptureFixture[str]
):
    write("in.jsonl", {"text": "a"})
    assert command("in.jsonl", "out.jsonl", "--prompt", "{text}", "--quiet") == DONE
    assert capsys.readouterr() == ("", "")
    server.reply("POST", "/api/generate", refusal(400))
    assert command("in.jsonl", "other.jsonl", "--prompt", "{text}", "--quiet") == ROWS_FAILED
    assert "1 failed" in capsys.readouterr().err


# Signals


@pytest.mark.skipif(os.name == "nt", reason="signals cannot be sent to one process on Windows")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)])
def test_a_signal_ends_the_command_with_what_is_finished_kept(
    command: Command, server: OllamaServer, number: signal.Signals, status: int
):
    def some(received: Received) -> Reply:
        return echo(received) if int(asked(received)) < 10 else Reply(Never())

    server.reply("POST", "/api/generate", some)
    write("in.jsonl", *({"text": str(number)} for number in range(100)))
    arguments = ["in.jsonl", "out.jsonl", "--model", "m", "--host", server.url, "--prompt", "{text}"]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "ollama_sdk.overlay.batch", *arguments], stderr=subprocess.PIPE, text=True
    ) as program:
        # The rows that are not answered have been sent, so that those before are on their way to the disk.
        assert server.wait_for_requests(1 + 10 + 4, timeout=30)
        program.send_signal(number)
        _, said = program.communicate(timeout=30)

    assert program.returncode == status
    assert "Traceback" not in said
    assert "the same command goes on from there" in said
    assert set(answers().values()) <= {str(number) for number in range(10)}
    assert server.wait_for_connections(0)
    server.reply("POST", "/api/generate", echo)
    assert command(*arguments[:2], *arguments[6:]) == DONE
    assert sorted(map(int, answers().values())) == list(range(100))
