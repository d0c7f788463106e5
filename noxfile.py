"""The matrix: every Python, the oldest and the newest packages that pyproject.toml allows, with and without extras.

`make matrix` runs all of it, `make matrix ARGS="--session short"` one combination per Python, `--session generation`
the generator on another Python, `--session checkers` the oldest type checkers, `--session recipes` two examples with
packages of their own. A Python that is not on this machine is skipped, and named.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import nox

PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15", "3.14t", "3.15t")
EXTRAS = ("numpy", "progress", "pydantic")
# What needs an extra, the generator, type checkers or git is not what another Python or older packages could break.
TESTS = ("batch", "blobs", "compat", "modelfile", "overlay", "progress", "structured", "testing", "tools", "transport")
SHORT = (
    "structured",
    "tools",
    "progress",
    "overlay/test_overlay_exit.py",  # what an interpreter does while it exits is another thing in each
    "overlay/test_overlay_operations.py",
    "overlay/test_overlay_streams.py",
    "transport/test_transport_tls.py",  # what httpx and httpcore do for TLS has changed with their versions
)
NEED_PYDANTIC = ("compat", "structured", "tools")
OLDEST_CHECKERS = ("mypy==1.19.0", "pyright[nodejs]==1.1.395")
# The combination of each Python that is run before every change goes in.
SHORT_COMBINATIONS = {
    "3.11": ("lowest-direct", True),
    "3.12": ("lowest-direct", False),
    "3.13": ("highest", True),
    "3.14": ("highest", False),
    "3.15": ("highest", True),
    "3.14t": ("highest", True),
    "3.15t": ("highest", False),
}


def pattern(version: str) -> str:
    """Return the pattern of the names that pyenv gives to a Python: 3.14.2, and 3.14.2t if it is free-threaded."""
    return f"{version.removesuffix('t')}.*t" if version.endswith("t") else f"{version}.*[0-9]"


nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["full"]
# nox and uv take pyenv's Pythons only where they are switched on.
pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
if found := [path.name for version in PYTHONS for path in sorted(pyenv.glob(pattern(version)), reverse=True)]:
    os.environ["PYENV_VERSION"] = ":".join(found)


@nox.session(python=PYTHONS)
@nox.parametrize("extras", [False, True], ids=["plain", "extras"])
@nox.parametrize("resolution", ["lowest-direct", "highest"])
def full(session: nox.Session, resolution: str, extras: bool) -> None:
    """Run all tests of what users run."""
    install(session, resolution, extras=extras)
    run(session, TESTS, extras=extras)


@nox.session(python=PYTHONS)
def short(session: nox.Session) -> None:
    """Run the tests of the operations, streams, tools and formats, in the one combination of this Python."""
    resolution, extras = SHORT_COMBINATIONS[str(session.python)]
    install(session, resolution, extras=extras)
    run(session, SHORT, extras=extras)


@nox.session(python="3.13")
def generation(session: nox.Session) -> None:
    """Generate on another Python, which has to give the same files."""
    session.install("--require-hashes", "--requirement", "requirements/generate.txt")
    venv = session.virtualenv.location
    installed = f"--assume-old={venv}/.stamps/locked-generate"
    alone = {"MAKEFLAGS": None}  # not a part of the make that has started nox
    session.run("make", "drift", f"VENV={venv}", "BUILD=.build/generation", installed, external=True, env=alone)


@nox.session(python="3.11")
def checkers(session: nox.Session) -> None:
    """Check what a user writes with the oldest type checkers that docs/compatibility.md names."""
    session.install(".", *OLDEST_CHECKERS)
    samples = ["typing_sample.py", "typing_forms_sample.py"]
    folder = session.create_tmp()
    for sample in samples:
        shutil.copy(Path("tests", sample), folder)
    session.chdir(folder)  # here are no settings that are for the sources
    session.run("mypy", "--strict", samples[0])
    session.run("mypy", "--strict", "--enable-incomplete-feature=TypeForm", *samples)
    settings = Path("pyrightconfig.json")
    for experimental, include in ((False, samples[:1]), (True, samples)):
        settings.write_text(json.dumps({"enableExperimentalFeatures": experimental, "include": include}))
        session.run("pyright", env={"PYRIGHT_PYTHON_FORCE_VERSION": "", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})


@nox.session
def recipes(session: nox.Session) -> None:
    """Run the examples of Celery and Gradio, which want other versions of packages than those that are pinned."""
    session.install(".", "--group", "recipes")
    folder = session.create_tmp()
    for example in ("celery_tasks.py", "gradio_chat.py"):
        shutil.copy(Path("examples", example), folder)
    Path(folder, "pyrightconfig.json").write_text("{}")  # in place of that of the sources, which leaves the two out
    with session.chdir(folder):
        session.run("pyright")
    tests = [f"tests/examples/test_examples_{name}.py" for name in ("celery", "gradio")]
    session.run("pytest", "-q", "-m", "slow or not slow", "-o", "faulthandler_timeout=300", *tests, *session.posargs)


def install(session: nox.Session, resolution: str, *, extras: bool) -> None:
    """Install the SDK with the packages of a resolution, then what the tests are written with, which leaves them."""
    session.install("--resolution", resolution, f".[{','.join(EXTRAS)}]" if extras else ".")
    session.install("--group", "test-tools")


def run(session: nox.Session, tests: tuple[str, ...], *, extras: bool) -> None:
    """Run tests against the installed SDK; without extras those that are written with pydantic are left out."""
    chosen = [f"tests/{name}" for name in tests if extras or name not in NEED_PYDANTIC]
    session.run("pytest", "-q", "-o", "faulthandler_timeout=300", *chosen, *session.posargs)
