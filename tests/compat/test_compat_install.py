"""`import ollama` is compat after install(), under `python -m`, and in processes that multiprocessing starts."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from compat.faces import answer

from ollama_sdk.overlay.testing import OllamaServer

ROOT = Path(__file__).parents[2]
RUN = "-m", "ollama_sdk.overlay.compat"
Python = Callable[..., str]

PROGRAM = """
import sys
import ollama
from ollama import ChatResponse, chat
answer: ChatResponse = chat("m", messages=[{"role": "user", "content": "Why?"}])
print(answer.message.content, ollama.Client.__module__.partition(".")[0], *sys.argv[1:], __name__)
"""


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of this environment, but for the official client."""
    folder = tmp_path_factory.mktemp("packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith(("ollama", "__pycache__")):
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(params=["without the official client", "with it"])
def python(request: pytest.FixtureRequest, packages: Path, server: OllamaServer, tmp_path: Path) -> Python:
    """Runs Python in an environment with the SDK, and with or without the official client; gives what it prints."""
    answer(server)
    if request.param == "with it":
        pytest.importorskip("ollama", reason="the official client, beside which compat is used")
        packages = Path(sysconfig.get_path("purelib"))
    path = os.pathsep.join([str(ROOT / "generated"), str(ROOT / "overlay"), str(packages)])
    environment = {**os.environ, "PYTHONPATH": path, "OLLAMA_HOST": server.url, "PYTHONWARNINGS": "error"}

    def run(*arguments: str, status: int = 0) -> str:
        # -S: the site-packages of this environment have the official client.
        done = subprocess.run(
            [sys.executable, "-S", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    return run


with_it = pytest.mark.parametrize("python", ["with it"], indirect=True)
"""For what is the same without the official client."""


def test_install_makes_ollama_this_package(python: Python) -> None:
    assert python("-c", f"from ollama_sdk.overlay import compat; compat.install(); compat.install()\n{PROGRAM}") == (
        "Hello ollama_sdk __main__\n"
    )


def test_the_modules_inside_are_there(python: Python) -> None:
    code = """
import importlib.util, sys
from ollama_sdk.overlay import compat
compat.install()
import ollama, ollama._client, ollama._types, ollama._utils
from ollama._client import AsyncClient, Client
from ollama._types import Message, ResponseError
from ollama._utils import convert_function_to_tool
assert ollama is compat and Client is compat.Client and Message is compat.Message
assert ollama._types.Message is Message and isinstance(ollama._client, Client)
assert importlib.util.find_spec("ollama") is not None
assert not any("site-packages/ollama/" in str(getattr(module, "__file__", "")) for module in sys.modules.values())
"""
    assert python("-c", code) == ""


def test_the_version_of_the_package_is_told(python: Python) -> None:
    code = "from ollama_sdk.overlay import compat; compat.install()\n"
    code += "from importlib.metadata import version; print(version('ollama'), version('httpx') > '0')"
    assert python("-c", code) == "0.6.3 True\n"


def test_a_program_is_run(python: Python, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "app.py").write_text(f"import beside\n{PROGRAM}")
    (tmp_path / "folder" / "beside.py").write_text("")
    assert python(*RUN, "folder/app.py", "--stream", "-m") == "Hello ollama_sdk --stream -m __main__\n"


def test_a_module_is_run(python: Python, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "__main__.py").write_text(f"from app import __name__ as package\n{PROGRAM}")
    assert python(*RUN, "-m", "app", "x") == "Hello ollama_sdk x __main__\n"


@with_it
def test_the_status_of_a_program_is_kept(python: Python, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise SystemExit(3)")
    python(*RUN, "app.py", status=3)


@with_it
def test_without_a_program_the_usage_is_told(python: Python) -> None:
    assert "usage: python -m ollama_sdk.overlay.compat app.py" in python(*RUN, status=2)
    assert "-m module" in python(*RUN, "--help")
    assert "usage" in python(*RUN, "-m", status=2)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_the_processes_of_multiprocessing_have_it_too(method: str, python: Python, tmp_path: Path) -> None:
    if method == "forkserver" and not hasattr(os, "fork"):
        pytest.skip("this platform has no forkserver")
    (tmp_path / "app.py").write_text(
        f"""
import multiprocessing
import ollama
from ollama._client import Client

def ask(text):
    return ollama.chat("m", [{{"role": "user", "content": text}}]).message.content, ollama.Client is Client

if __name__ == "__main__":
    with multiprocessing.get_context("{method}").Pool(1) as pool:
        print(*pool.map(ask, ["Why?"]), ollama.__name__)
"""
    )
    assert python(*RUN, "app.py") == "('Hello', True) ollama_sdk.overlay.compat\n"


def test_install_tells_of_modules_that_have_the_official_client(python: Python) -> None:
    code = """
import warnings
try:
    import ollama
except ImportError:
    raise SystemExit(print("told"))
from ollama_sdk.overlay import compat
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    compat.install()
print("told" if any("imported before" in str(warning.message) for warning in told) else "silent")
"""
    assert python("-c", code) == "told\n"


@with_it
def test_the_overlay_does_not_import_it_unasked(python: Python) -> None:
    code = (
        "import sys, ollama_sdk.overlay; ollama_sdk.overlay.Ollama(); print('ollama_sdk.overlay.compat' in sys.modules)"
    )
    assert python("-c", code) == "False\n"
    code = "import sys; from ollama_sdk.overlay import compat; print({'pydantic', 'httpx'} & set(sys.modules))"
    assert python("-c", code) == "set()\n"
