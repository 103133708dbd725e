"""Disk full and failed syncs, to order, in real processes (faults.c)."""

from __future__ import annotations

import mmap
import struct
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typing import TypeAlias

    Fault: TypeAlias = Literal["ENOSPC", "EIO"]

_SOURCE = Path(__file__).with_name("faults.c")
_PLACE: dict[Fault, int] = {"ENOSPC": 0, "EIO": 4}


class Shim:
    """Faults of files below `database`; what it needs itself stands in `folder`."""

    def __init__(self, folder: Path, database: Path) -> None:
        self._library, self._log = folder / "faults.so", folder / "faults.log"
        command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", str(self._library), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        control = folder / "control"
        control.write_bytes(bytes(8))
        self._log.touch()
        for path in (control, self._log):
            # PostgreSQL runs as somebody else.
            path.chmod(0o666)
        self.environ = {
            "LD_PRELOAD": str(self._library),
            "SOAK_CONTROL": str(control),
            "SOAK_FOLDER": str(database.resolve()),
            "SOAK_LOG": str(self._log),
        }
        with control.open("r+b") as file:
            self._counters = mmap.mmap(file.fileno(), 8)

    def order(self, fault: Fault, count: int) -> None:
        """Let the next `count` writes (ENOSPC) or syncs (EIO) fail, whoever makes them; 0 takes back what is left."""
        struct.pack_into("i", self._counters, _PLACE[fault], count)

    def seen(self) -> Counter[str]:
        """How many of each the processes have met."""
        return Counter(line.split("\t")[3] for line in self._lines())

    def met_by(self) -> Counter[str]:
        """The same by program and call."""
        return Counter(" ".join(line.split("\t")[2:5]) for line in self._lines())

    def _lines(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()
