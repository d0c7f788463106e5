"""A copy of the project in a folder of its own, and the commands of a maintainer in it: generate, run, check types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
GENERATED = Path("generated") / "ollama_sdk" / "generated"
_BIN = Path(sys.executable).parent
_SOURCES = ("openapi.yaml", "generator-config.yaml", "pyproject.toml", "templates", "maintenance")


@frozen
class ProjectCopy:
    """The folder of a copy."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *, with_overlay: bool = True) -> ProjectCopy:
        """Copy what is written by hand; what is generated is left out."""
        for name in (*_SOURCES, "overlay") if with_overlay else _SOURCES:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / name)
        return cls(folder)

    @property
    def description(self) -> Path:
        """The API description of the copy."""
        return self.folder / "openapi.yaml"

    @property
    def generated(self) -> Path:
        """Where the copy's models and endpoint functions are generated."""
        return self.folder / GENERATED

    def try_to_generate(self) -> subprocess.CompletedProcess[str]:
        """Generate as `make generate` does."""
        shutil.rmtree(self.generated, ignore_errors=True)
        self.generated.parent.mkdir(parents=True, exist_ok=True)
        command = [str(_BIN / "openapi-python-client"), "generate", "--path", "openapi.yaml", "--meta", "none"]
        command += ["--config", "generator-config.yaml", "--custom-template-path", "templates"]
        command += ["--fail-on-warning", "--output-path", str(GENERATED)]
        # The formatter that the generator calls is the one beside it.
        return self._run(command, {"PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}"})

    def generate(self) -> None:
        """Generate, which has to go well."""
        done = self.try_to_generate()
        assert done.returncode == 0, done.stdout + done.stderr
        (self.generated / "py.typed").touch()
        done = self._run([sys.executable, "-m", "maintenance.compile"], {})
        assert done.returncode == 0, done.stdout + done.stderr

    def run_python(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Python where `ollama_sdk` is the one of the copy."""
        path = os.pathsep.join(str(self.folder / half) for half in ("generated", "overlay"))
        return self._run([sys.executable, *arguments], {"PYTHONPATH": path, **(environment or {})})

    def _run(self, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
