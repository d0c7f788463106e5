"""On PYTHONPATH, this hides the compiled packages from Python and its child processes, as if not installed."""

from __future__ import annotations

import sys

# The SDK reads JSON and answers without the first two. The embedded model needs the third: its tests are slow, and what
# it does with JSON and connections is tested without it.
for name in ("httptools", "msgspec", "xllamacpp"):
    sys.modules[name] = None  # type: ignore[assignment]  # None: it cannot be imported
