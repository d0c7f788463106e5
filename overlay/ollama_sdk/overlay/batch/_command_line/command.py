"""The command line: what it takes, the work that it describes, and the run."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ollama_sdk.overlay import OllamaError, RequestError
from ollama_sdk.overlay.batch._checkpoint import Checkpoint
from ollama_sdk.overlay.batch._command_line.input import Input
from ollama_sdk.overlay.batch._command_line.job import Job
from ollama_sdk.overlay.batch._command_line.summary import Summary
from ollama_sdk.overlay.batch._items import Items
from ollama_sdk.overlay.batch._rows import Rows
from ollama_sdk.overlay.batch._run import Run
from ollama_sdk.overlay.batch._servers import Host
from ollama_sdk.overlay.batch._settings import Settings
from ollama_sdk.overlay.batch._work import Request, Work

DONE, ROWS_FAILED, CANNOT_RUN, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ollama_sdk.overlay.batch",
        description="Send each row of a file to a model, and write the answers to another file, as JSON lines. "
        "Run the same command again and it continues.",
        epilog="Exit status: 0 when all rows succeeded, 1 when some failed, 2 when the command "
        "cannot run, 130 after Ctrl-C.",
    )
    parser.add_argument("input", type=_file, help="rows: JSON lines, or CSV when it is called .csv or .tsv")
    parser.add_argument(
        "output", type=_file, help="answers, as JSON lines; a row that it has already is not sent again"
    )
    work = parser.add_argument_group("the work")
    work.add_argument("--model", required=True, help="the name of the model")
    kind = work.add_mutually_exclusive_group(required=True)
    kind.add_argument("--prompt", help="the prompt; {name} stands for a field of the row")
    kind.add_argument("--messages", metavar="FIELD", help="the field with the messages of a chat")
    kind.add_argument("--embed", metavar="TEXT", help="the text to turn into a vector; {name} stands for a field")
    work.add_argument("--system", help="the system prompt; {name} stands for a field")
    work.add_argument("--schema", type=Path, help="a file with the JSON schema of the answers")
    work.add_argument("--options", type=_object, metavar="JSON", help="""such as '{"temperature": 0}'""")
    work.add_argument("--think", action=argparse.BooleanOptionalAction, help="whether the model thinks first")
    work.add_argument("--vectors", type=Path, help="the numpy file (.npy) for the vectors of --embed")
    work.add_argument("--id", metavar="FIELD", help="the field that names a row (default: id, if every row has it)")
    run = parser.add_argument_group("the run")
    run.add_argument(
        "--host", action="append", help="a server, such as gpu1:11434; repeat it for several (default: OLLAMA_HOST)"
    )
    run.add_argument(
        "--concurrency",
        action="append",
        type=int,
        help="rows at a time on each host; repeat it to give each --host its own",
    )
    run.add_argument("--max-attempts", type=int, default=5, help="how often a row is sent (default: %(default)s)")
    run.add_argument("--timeout", type=_seconds, help="seconds without a byte after which a request has failed")
    run.add_argument("--deadline", type=float, help="seconds after which the run ends")
    run.add_argument(
        "--if-missing",
        choices=("error", "pull", "skip"),
        default="error",
        help="what to do when a host lacks the model (default: %(default)s)",
    )
    run.add_argument("--strict", action="store_true", help="do nothing when a row cannot be read or lacks a field")
    run.add_argument("--dry-run", action="store_true", help="tell what there is to do, and show the first request")
    run.add_argument("--quiet", action="store_true", help="no progress, and no summary when all went well")
    return parser


def _file(text: str) -> Path:
    """A file that can be read again."""
    if text == "-":
        raise argparse.ArgumentTypeError("name a file in place of -: rows are read twice, and answers by the next run")
    return Path(text)


def _object(text: str) -> dict[str, Any]:
    """An object in JSON, whose numbers JSON has."""
    value = json.loads(text)
    json.dumps(value, allow_nan=False)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line without the program; None takes the process's own.

    Returns:
        The exit status.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        job = Job.of(options)
        if options.output.is_dir():
            raise RequestError(f"{options.output} is a folder, and the answers go into a file")
        rows = Input(options.input, options.id)
        for problem in rows.check(job.fields, strict=options.strict):
            print(f"{parser.prog}: {problem}", file=sys.stderr)
        if options.dry_run:
            return _dry_run(options, job.work(), rows)
        run: Run[Any, Any] = Run(rows, job.work(), _settings(options, rows))
    except (OllamaError, ImportError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return CANNOT_RUN
    except KeyboardInterrupt:  # while a large file was looked through
        return INTERRUPTED
    summary = Summary(options.output, quiet=options.quiet)
    status = DONE
    try:
        status = asyncio.run(_run(run, summary))
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OllamaError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        status = CANNOT_RUN
    summary.print(run.progress, complete=status in (DONE, ROWS_FAILED))
    return status


async def _run(run: Run[Any, Any], summary: Summary) -> int:
    terminated = False

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        run.abort()

    with suppress(NotImplementedError, RuntimeError):  # Windows, and threads other than the main one
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
    failed = False
    try:
        async for result in run:
            failed |= not result.ok
            summary.add(result)
    except OllamaError:
        if terminated:
            return TERMINATED
        raise
    return ROWS_FAILED if failed else DONE


def _settings(options: argparse.Namespace, rows: Input) -> Settings:
    urls, limits = options.host or [None], options.concurrency or [4]
    if len(limits) == 1:
        limits *= len(urls)
    if len(limits) != len(urls):
        raise RequestError(f"--concurrency is given {len(limits)} times, and --host {len(urls)} times")
    return Settings(
        hosts=[Host(url, limit) for url, limit in zip(urls, limits, strict=True)],
        id=rows.id_of if rows.has_ids else None,
        max_attempts=options.max_attempts,
        deadline=options.deadline,
        if_missing=options.if_missing,
        checkpoint=options.output,
        vectors=options.vectors,
        progress=_progress(options),
    )


def _progress(options: argparse.Namespace) -> bool:
    """Whether there is somebody to see a bar, and what draws it."""
    if options.quiet or sys.stderr is None or not sys.stderr.isatty():
        return False
    try:
        import tqdm  # noqa: F401
    except ImportError:
        return False
    return True


def _dry_run(options: argparse.Namespace, work: Work, rows: Input) -> int:
    checkpoint = Checkpoint(options.output, work.job) if options.output.exists() else None
    try:
        if checkpoint is not None:
            asyncio.run(checkpoint.load())
        first: Request | None = None
        done = failing = 0
        reader = Rows(Items(rows, lambda: None), work, rows.id_of if rows.has_ids else None, checkpoint)
        while (row := reader.next()) is not None:
            if row.stored is not None:
                done += 1
            elif row.error is not None:
                failing += 1
            elif first is None and isinstance(row.call, Request):
                first = row.call
    finally:
        if checkpoint is not None:
            checkpoint.close()
    to_do = len(rows) - done - failing
    print(f"{len(rows)} rows in {options.input}: {done} done before, {to_do} to do, {failing} that cannot be sent")
    if first is not None:
        shown = json.dumps(first.arguments, indent=2, ensure_ascii=False)
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # which may lack letters, on Windows above all
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
        print(f"The first request, to POST /api/{first.operation}:\n{shown}")
    return ROWS_FAILED if failing else DONE
