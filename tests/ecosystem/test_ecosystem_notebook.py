"""The example notebook: its outputs are there, and it runs as it stands, without errors and warnings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from documents import ROOT, documents_server

NOTEBOOK = ROOT / "examples" / "tour.ipynb"
# In a process of its own, since nbclient brings sockets and an event loop.
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    cell.update(outputs=[], execution_count=None) if cell.cell_type == "code" else None
NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True).execute()
print(nbformat.writes(notebook))
"""


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The notebook, executed with a scripted server, every warning of ours on."""
    for name in ("ipykernel", "nbclient", "numpy", "pandas", "tqdm"):
        pytest.importorskip(name)
    folder = str(tmp_path_factory.mktemp("jupyter"))
    folders = dict.fromkeys(["IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"], folder)
    with documents_server() as server:
        environment = {**os.environ, **folders, "JUPYTER_PLATFORM_DIRS": "1", "PYTHONWARNINGS": "default"}
        done = subprocess.run(
            [sys.executable, "-c", EXECUTE, str(NOTEBOOK)],
            env={**environment, "OLLAMA_HOST": server.url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert server.wait_for_connections(0)
    return json.loads(done.stdout)


@pytest.fixture(params=["stored", pytest.param("executed", marks=pytest.mark.slow)])
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The notebook as it is in the repository, and as it has just been executed."""
    if request.param == "executed":
        return request.getfixturevalue("executed")
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def outputs(notebook: dict[str, Any], source: str) -> dict[str, str]:
    """The outputs of the cell that has a text, by stream or media type."""
    (cell,) = [cell for cell in code_cells(notebook) if source in "".join(cell["source"])]
    found: dict[str, str] = {}
    for output in cell["outputs"]:
        for kind, text in {**output.get("data", {}), output.get("name", ""): output.get("text", "")}.items():
            found[kind] = "".join(text)
    return found


def test_every_cell_was_executed_in_order_without_an_error_or_a_warning(notebook: dict[str, Any]):
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    everything = [output for cell in cells for output in cell["outputs"]]
    assert "error" not in {output["output_type"] for output in everything}
    assert "Warning" not in json.dumps(everything)


def test_a_bar_a_table_text_and_vectors_are_shown(notebook: dict[str, Any]):
    assert "100%" in outputs(notebook, "client.pull(")["stderr"]
    models = outputs(notebook, "client.list()")
    assert models["text/html"].startswith("<table>")
    assert models["text/plain"].startswith("NAME ")
    assert outputs(notebook, "for text in stream.text")["stdout"]
    assert outputs(notebook, "embedded = ")["text/plain"].startswith(
        "VectorsResponse(model='smollm2:135m', embeddings="
    )
    assert "float32" in outputs(notebook, "as_numpy")["stdout"]
    assert outputs(notebook, "format=City")["text/plain"].startswith("City(name=")
    assert "<table" in outputs(notebook, "pandas.DataFrame")["text/html"]


def test_nothing_of_the_machine_is_stored():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert "site-packages" not in text
