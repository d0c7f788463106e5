"""The command `python -m ollama_sdk.overlay.testing` and the pytest plugin."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay.testing import OllamaServer

FOLDER = Path(__file__).parent.parent / "data" / "recordings"
COMMAND = [sys.executable, "-W", "error", "-m", "ollama_sdk.overlay.testing"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_url_serves_and_stops_cleanly(number: signal.Signals) -> None:
    command = [*COMMAND, "--port", "0", "--recordings", str(FOLDER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx.get(url + "/api/version").json() == {"version": "0.0.0"}
            process.send_signal(number)
            output, errors = process.communicate(timeout=300)
        finally:
            process.kill()
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="the embedded model needs xllamacpp")
def test_the_command_serves_the_model_under_other_names_with_a_limit_of_its_answers() -> None:
    # By one thread: two wait for each other by spinning, on processors that are busy with other tests.
    program = (
        "from ollama_sdk.overlay.testing import EmbeddedModel, __main__\n"
        "EmbeddedModel.__init__.__kwdefaults__['threads'] = 1\n"
        "raise SystemExit(__main__.main())"
    )
    command = [sys.executable, "-W", "error", "-c", program, "--port", "0"]
    command += ["--alias", "llama3.2", "--alias", "qwen3:4b", "--num-predict", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            client = Ollama(process.stdout.readline().strip())
            models = client.list().models
            short = client.generate("llama3.2", "Tell me a long story.")
            shorter = client.generate("llama3.2", "Tell me a long story.", options={"num_predict": 2})
            process.terminate()
            process.communicate(timeout=300)
        finally:
            process.kill()
    assert {model.name for model in models} == {"smollm2:135m", "llama3.2:latest", "qwen3:4b"}
    assert [(each.eval_count, each.done_reason) for each in (short, shorter)] == [(3, "length"), (2, "length")]


def test_the_command_says_what_is_wrong() -> None:
    with OllamaServer() as server:
        command = [*COMMAND, "--port", str(server.port), "--recordings", str(FOLDER)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_plugin_offers_a_server_per_test(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["ollama_sdk.overlay.testing.pytest_plugin"]\n')
    (tmp_path / "test_user.py").write_text(
        "from urllib.request import urlopen\n"
        "urls = set()\n"
        "def test_one(ollama_server):\n"
        "    urls.add(ollama_server.url)\n"
        "    assert urlopen(ollama_server.url).read() == b'Ollama is running'\n"
        "def test_two(ollama_server):\n"
        "    assert ollama_server.requests == []\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # it needs no other plugins
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
