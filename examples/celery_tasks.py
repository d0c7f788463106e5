"""A task of Celery that asks a model.

    celery --app celery_tasks worker --concurrency 4
    python celery_tasks.py "Once upon a time, ..."

CELERY_BROKER_URL and CELERY_RESULT_BACKEND say where the broker and the results are.
"""

from __future__ import annotations

import sys
from typing import Any

from celery import Celery

from ollama_sdk.overlay import ConnectError, Ollama, OllamaTimeoutError, RateLimitError, ServerBusyError

app: Any = Celery("celery_tasks")  # Celery has no types
app.conf.worker_prefetch_multiplier = 1  # a process takes no task that it cannot begin
client = Ollama(max_retries=0)  # Celery tries again


@app.task(  # type: ignore[untyped-decorator]
    autoretry_for=(ConnectError, OllamaTimeoutError, RateLimitError, ServerBusyError),
    retry_backoff=2,  # waits up to 2 seconds, then up to 4, 8 ...
    max_retries=8,
    soft_time_limit=300,  # seconds; raises SoftTimeLimitExceeded in the task, which stops the generation
    time_limit=330,  # kills the process
)
def summarize(text: str) -> str:
    """Sum up a text in one sentence."""
    prompt = f"Sum up this text in one sentence:\n\n{text}"
    return client.generate("llama3.2", prompt).response or ""


if __name__ == "__main__":
    print(summarize.delay(sys.argv[1]).get())
