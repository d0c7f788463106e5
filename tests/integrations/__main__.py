"""`make integrations`: packages that are written for the official client, through it and through compat.

Each package has a virtual environment of its own, in which the official client is not installed. A program that uses it
runs unchanged, once with the official client beside it and once by `python -m ollama_sdk.overlay.compat`; both times it
must print the same and ask a scripted server for the same.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.server import answer

from ollama_sdk.overlay.testing import OllamaServer

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".build" / "integrations"
OFFICIAL = "ollama==0.6.3"


@dataclass(frozen=True)
class Integration:
    """A package that uses the official client.

    Attributes:
        program: The program that uses it, in programs/.
        packages: What is installed, pinned.
    """

    program: str
    packages: tuple[str, ...]


INTEGRATIONS = {
    "langchain-ollama": Integration("use_langchain.py", ("langchain-ollama==1.1.0", "langchain-core==1.8.3")),
    "ollama-haystack": Integration("use_haystack.py", ("ollama-haystack==7.0.2", "haystack-ai==3.4.1")),
    "llm-ollama": Integration("use_llm.py", ("llm-ollama==0.19.1", "llm==0.36")),
    "griptape": Integration("use_griptape.py", ("griptape[drivers-embedding-ollama,drivers-prompt-ollama]==1.13.0",)),
    "any-llm-sdk": Integration("use_any_llm.py", ("any-llm-sdk[ollama]==1.40.2",)),
    "llama-index-llms-ollama": Integration(
        "use_llama_index.py",
        ("llama-index-llms-ollama==0.11.0", "llama-index-embeddings-ollama==0.10.0", "llama-index-core==0.14.25"),
    ),
}


def main() -> int:
    """Run the programs; the exit status is 1 when one behaves differently."""
    parser = argparse.ArgumentParser(prog="make integrations ARGS=…", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="package", help=f"by default all: {', '.join(INTEGRATIONS)}")
    names = parser.parse_args().names or list(INTEGRATIONS)
    if unknown := set(names) - INTEGRATIONS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    official = BUILD / "official"
    install(official, (OFFICIAL,), target=True)
    failed = 0
    for name in names:
        python = install(BUILD / name, INTEGRATIONS[name].packages)
        problem = compare(name, python, official)
        failed += bool(problem)
        print(f"{'FAILED' if problem else 'same':6} {' '.join(INTEGRATIONS[name].packages)}")
        if problem:
            print(problem)
    return 1 if failed else 0


def install(folder: Path, packages: tuple[str, ...], *, target: bool = False) -> Path:
    """Install packages into a folder, or into an environment with the SDK and without the official client.

    Args:
        folder: Where; what is there is kept when it has these packages.
        packages: What.
        target: Whether it is a folder of packages alone.
    """
    stamp = folder / "installed.txt"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = "\n".join(packages)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if target:
        command([*pip, "install", "--no-deps", "--upgrade", "--target", str(folder), *packages])
    else:
        command([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])
        command([*pip, "--python", str(python), "install", "--editable", str(ROOT), *packages])
        command([*pip, "--python", str(python), "uninstall", "--yes", "ollama"])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def command(words: list[str], **settings: Any) -> str:
    """Run a command, and return what it prints."""
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, **settings)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(words)}")
    return done.stdout


def compare(name: str, python: Path, official: Path) -> str:
    """Run a program with both clients, and return what differs."""
    program = str(HERE / "programs" / INTEGRATIONS[name].program)
    runs = {
        "official": run(python, [program], {"PYTHONPATH": str(official)}),
        "compat": run(python, ["-m", "ollama_sdk.overlay.compat", program], {}),
    }
    differences = []
    for what, theirs, ours in zip(("printed", "sent"), runs["official"], runs["compat"], strict=True):
        if theirs != ours:
            differences.append(f"{what}, official: {json.dumps(theirs)}\n{what}, compat:   {json.dumps(ours)}")
    return "\n".join(differences)


def run(python: Path, arguments: list[str], environment: dict[str, str]) -> tuple[Any, Any]:
    """Run a program against a server of its own, and return what it printed and what it sent."""
    home = BUILD / "home"
    shutil.rmtree(home, ignore_errors=True)  # with what the run before has cached
    home.mkdir()
    with OllamaServer() as server:
        answer(server)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OLLAMA_", "PYTHON"))}
        settings = {"OLLAMA_HOST": server.url, "LLM_USER_PATH": str(home), "HAYSTACK_TELEMETRY_ENABLED": "False"}
        printed = command([str(python), *arguments], cwd=home, env={**kept, **settings, **environment})
        sent = [[each.method, each.path, _body(each)] for each in server.requests]
    return json.loads(printed.splitlines()[-1]), sent


def _body(received: Any) -> Any:
    """The body without the ids of tool calls, which are random, and which the official client does not send."""
    if not received.body:
        return None
    body = received.json
    for message in body.get("messages", ()):
        message.pop("tool_call_id", None)
        for call in message.get("tool_calls", ()):
            call.pop("id", None)
    return body


if __name__ == "__main__":
    sys.exit(main())
