"""Serve fastapi_app.py by gunicorn, in two processes: `gunicorn --config examples/gunicorn_conf.py`.

It needs `pip install 'fastapi>=0.118' gunicorn uvicorn-worker`.
"""

from __future__ import annotations

import os
from pathlib import Path

from uvicorn_worker import UvicornWorker

GRACE = int(os.environ.get("GRACE", "10"))
# What uvicorn is told: after so many seconds it cancels the answers that still run. By itself it waits without end.
UvicornWorker.CONFIG_KWARGS["timeout_graceful_shutdown"] = GRACE

wsgi_app = "fastapi_app:app"
chdir = str(Path(__file__).parent)
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = 2
worker_class = UvicornWorker
graceful_timeout = GRACE + 5  # gunicorn kills a worker that is still there
