"""`portal` at a terminal: a process of its own, forked from one that has imported everything already.

Most of what a command costs is its imports; hundreds of commands wait for them once. What only a process from the
start can show is tested with the console script.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from portal.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PATIENCE = 60.0
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([f"portal.cli.{file.stem}" for file in Path(main.__file__).parent.glob("[a-z]*.py")])


def run(arguments: Sequence[str], environ: Mapping[str, str], folder: Path) -> CompletedProcess[str]:
    """Run `portal` with these arguments in this environment and folder; what it said, and its exit status."""
    with TemporaryDirectory() as said:
        streams = Path(said, "stdout"), Path(said, "stderr")
        process = _FORKS.Process(target=_command, args=(arguments, dict(environ), folder, streams))
        process.start()
        process.join(_PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
        assert process.exitcode is not None
        stdout, stderr = (stream.read_text(encoding="utf-8") for stream in streams)
        return CompletedProcess(arguments, process.exitcode, stdout, stderr)


def _command(arguments: Sequence[str], environ: Mapping[str, str], folder: Path, streams: tuple[Path, Path]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT, 0o600), number)
    sys.argv = ["portal", *arguments]
    sys.exit(main.main())
