"""The files that a Modelfile names are found next to it, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._library.modelfile import read_modelfile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model, and a secret next to it."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "model.gguf").write_bytes(b"GGUF model")
    (inside / "adapter.gguf").write_bytes(b"GGUF adapter")
    (tmp_path / "secret.gguf").write_bytes(b"GGUF secret")
    return inside


def test_from_names_a_file_that_is_there(folder: Path) -> None:
    read = read_modelfile("FROM model.gguf\nADAPTER ./adapter.gguf", base_dir=folder)
    assert read.files == {"model.gguf": folder / "model.gguf"}
    assert read.adapters == {"adapter.gguf": folder / "adapter.gguf"}
    assert "from_" not in read.arguments


def test_from_names_a_model_otherwise(folder: Path) -> None:
    read = read_modelfile("FROM library/smollm2:135m", base_dir=folder)
    assert read.arguments == {"from_": "library/smollm2:135m"}
    assert not read.files


def test_paths_of_a_file_are_relative_to_its_folder(folder: Path) -> None:
    (folder / "Modelfile").write_text("FROM ./model.gguf")
    assert list(read_modelfile(folder / "Modelfile").files) == ["model.gguf"]


def test_a_text_alone_never_reads_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert read_modelfile("FROM model.gguf").arguments == {"from_": "model.gguf"}
    for text in ("FROM ./model.gguf", f"FROM {folder}/model.gguf", "FROM a\nADAPTER adapter.gguf", "FROM a\nDRAFT b"):
        with pytest.raises(RequestError, match="pass base_dir= to allow it"):
            read_modelfile(text)


@pytest.mark.parametrize(
    "value", ["../secret.gguf", "./../secret.gguf", "x/../../secret.gguf", "{absolute}", "~/x", "~"]
)
@pytest.mark.parametrize("command", ["FROM", "FROM base\nADAPTER", "FROM base\nDRAFT"])
def test_a_path_out_of_the_folder_is_refused(folder: Path, command: str, value: str) -> None:
    value = value.format(absolute=folder.parent / "secret.gguf")
    with pytest.raises(RequestError, match=r"is outside of .*allow_outside=True"):
        read_modelfile(f"{command} {value}", base_dir=folder)


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "innocent").symlink_to(folder.parent / "secret.gguf")
    with pytest.raises(RequestError, match="is outside of"):
        read_modelfile("FROM innocent", base_dir=folder)


def test_a_link_out_of_a_model_folder_is_refused(folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "model.safetensors").symlink_to(folder.parent / "secret.gguf")
    with pytest.raises(RequestError, match=r"line 1: .* is a link out of"):
        read_modelfile("FROM ./model", base_dir=folder)


def test_what_lies_outside_is_read_when_asked_for(folder: Path) -> None:
    read = read_modelfile("FROM ../secret.gguf", base_dir=folder, allow_outside=True)
    assert read.files == {"secret.gguf": folder.parent / "secret.gguf"}


def test_a_link_within_the_folder_keeps_its_name(folder: Path) -> None:
    (folder / "link.gguf").symlink_to("model.gguf")
    assert read_modelfile("FROM ./link.gguf", base_dir=folder).files == {"link.gguf": folder / "model.gguf"}


def test_an_absolute_path_within_the_folder_is_fine(folder: Path) -> None:
    assert list(read_modelfile(f"FROM {folder}/model.gguf", base_dir=folder).files) == ["model.gguf"]


def test_a_path_that_is_not_there_is_no_model_name(folder: Path) -> None:
    with pytest.raises(RequestError, match=r"line 1: FROM './nope.gguf' cannot be read: No such file"):
        read_modelfile("FROM ./nope.gguf", base_dir=folder)


def test_a_missing_adapter_is_told(folder: Path) -> None:
    with pytest.raises(RequestError, match="line 2: ADAPTER 'nope' cannot be read"):
        read_modelfile("FROM a\nADAPTER nope", base_dir=folder)


def test_a_folder_without_a_model_is_told(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(RequestError, match=r"line 1: .* has no safetensors, PyTorch or GGUF files"):
        read_modelfile("FROM empty", base_dir=folder)


def test_the_folder_itself_can_be_the_model(folder: Path) -> None:
    assert list(read_modelfile("FROM .", base_dir=folder).files) == ["adapter.gguf", "model.gguf"]


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(RequestError, match=r"line 2: .* would both be sent as 'model.gguf'"):
        read_modelfile("FROM ./model.gguf\nFROM ./other/model.gguf", base_dir=folder)


def test_several_files_can_make_one_model(folder: Path) -> None:
    (folder / "projector.gguf").write_bytes(b"GGUF")
    read = read_modelfile("FROM ./model.gguf\nFROM ./projector.gguf", base_dir=folder)
    assert list(read.files) == ["model.gguf", "projector.gguf"]


def test_a_draft_model_has_files_of_its_own(folder: Path) -> None:
    read = read_modelfile("FROM base\nDRAFT ./model.gguf", base_dir=folder)
    assert read.draft_files == {"model.gguf": folder / "model.gguf"}


def test_from_and_draft_must_differ(folder: Path) -> None:
    with pytest.raises(RequestError, match="line 2: FROM and DRAFT must not name the same file"):
        read_modelfile("FROM ./model.gguf\nDRAFT model.gguf", base_dir=folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_rather_than_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(RequestError, match="not a regular file"):
        read_modelfile("FROM ./pipe", base_dir=folder)


def test_a_base_dir_must_be_a_folder(folder: Path) -> None:
    with pytest.raises(RequestError, match="is not a folder"):
        read_modelfile("FROM a", base_dir=folder / "model.gguf")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=12) | st.lists(st.sampled_from(["..", ".", "/", "~", "model.gguf", "\n", "x" * 300])).map("".join)
)
def test_no_path_leads_out_of_the_folder(folder: Path, value: str) -> None:
    try:
        read = read_modelfile(f'FROM """{value}"""', base_dir=folder)
    except RequestError:
        return
    assert all(path.is_relative_to(folder) for path in read.files.values())
