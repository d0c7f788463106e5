"""Find the Pythons of this machine: `python -m maintenance.interpreters 3.13` prints where one is, or fails.

On the PATH there may be only pyenv's stand-ins, which fail for a version that is not switched on (and then neither uv
0.13.9 nor nox 2026.10.20 looks further), so pyenv's own folder is looked into as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def find(version: str) -> Path | None:
    """A working Python of a version such as "3.13"; None where there is none."""
    for candidate in _candidates(version):
        command = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # no shell
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    if (running := Path(sys.executable)) and f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        yield running
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    for root in _pyenv_roots():
        yield from sorted((root / "versions").glob(f"{version}.*/bin/python"), reverse=True)
    if uv := shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])):
        command = [uv, "python", "find", "--managed-python", "--no-python-downloads", version]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # no shell
        if done.returncode == 0:
            yield Path(done.stdout.strip())


def _pyenv_roots() -> Iterator[Path]:
    if root := os.environ.get("PYENV_ROOT"):
        yield Path(root)
    yield Path.home() / ".pyenv"
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if Path(entry).name == "shims":
            yield Path(entry).parent


def main() -> None:
    """Print where the Python of a version is."""
    if len(sys.argv) != 2:
        raise SystemExit("which version? python -m maintenance.interpreters 3.13")
    found = find(sys.argv[1])
    if found is None:
        raise SystemExit(f"there is no Python {sys.argv[1]} here: neither on the PATH nor of pyenv nor of uv")
    print(found)


if __name__ == "__main__":
    main()
