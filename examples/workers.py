"""Answer the lines of a file, four at a time: `python examples/workers.py questions.txt > answers.jsonl`.

Ctrl-C ends it, and the server stops writing.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from ollama_sdk.overlay import AsyncOllama, ConnectError, NotFoundError, OllamaError

MODEL = "llama3.2"
OPTIONS = {"num_predict": 300}  # tokens: some models do not come to an end
WORKERS = 4  # as many as OLLAMA_NUM_PARALLEL of the server


async def work(client: AsyncOllama, queue: asyncio.Queue[str]) -> None:
    """Answer questions of the queue, one after the other, until the task is cancelled."""
    while True:
        question = await queue.get()
        try:
            answer = await client.generate(MODEL, question, options=OPTIONS, deadline=300)
            print(json.dumps({"question": question, "answer": answer.response}), flush=True)
        except (ConnectError, NotFoundError):
            raise  # no question will be answered: this ends all workers
        except OllamaError as error:
            print(f"{question}: {error}", file=sys.stderr)
        finally:
            queue.task_done()


async def main(path: Path) -> None:
    """Put the lines into a queue, and wait until the workers have emptied it."""
    queue: asyncio.Queue[str] = asyncio.Queue(maxsize=WORKERS)
    async with AsyncOllama() as client, asyncio.TaskGroup() as group:
        workers = [group.create_task(work(client, queue)) for _ in range(WORKERS)]
        with path.open(encoding="utf-8") as lines:
            for line in filter(str.strip, lines):
                await queue.put(line.strip())  # waits while the queue is full: a long file is not read at once
        await queue.join()
        for worker in workers:
            worker.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(*sys.argv[1:2] or ["questions.txt"])))
    except* OllamaError as failed:
        sys.exit(f"workers: {failed.exceptions[0]}")
    except* KeyboardInterrupt:
        sys.exit("workers: stopped")
