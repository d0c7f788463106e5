"""What the page of the HTTP API loads: Swagger UI, and openapi.yaml as a script, since file:// allows no fetch."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import yaml

# Swagger UI comes in a package of PyPI that has nothing else; its plugin for MkDocs is not used.
_PACKAGE = "mkdocs_swagger_ui_tag"
_FILES = ("javascripts/swagger-ui-bundle.js", "stylesheets/swagger-ui.css", "LICENSE", "NOTICE")


def http_api_files(root: Path) -> dict[str, bytes]:
    """Return the files of Swagger UI, and the description, by their paths on the site.

    Raises:
        ModuleNotFoundError: The package of Swagger UI is not installed.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed: make docs", name=_PACKAGE)
    swagger = Path(spec.origin).parent / "swagger-ui"
    files = {f"assets/swagger-ui/{name.rpartition('/')[2]}": (swagger / name).read_bytes() for name in _FILES}
    description = yaml.safe_load((root / "openapi.yaml").read_bytes())
    # A date without quotes is one to YAML, and text to JSON.
    as_json = json.dumps(description, default=str, ensure_ascii=False, separators=(",", ":"))
    files["assets/openapi.js"] = f"window.openapi={as_json};\n".encode()
    return files
