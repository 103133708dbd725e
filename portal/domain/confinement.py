"""What the portal and its confined program say to each other: a job in, one line and perhaps a PDF back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from struct import Struct

HEAD = Struct(">cI")
"""Stands before a job: its kind, and how many bytes follow."""
INSPECT, RENDER = b"I", b"R"
ANSWER_LIMIT = 8 * 1024 * 1024
"""Bytes that an answer may have; a rendering is a tenth of a megabyte."""
FAILED = "failed"
"""A fault of ours, not of the document."""


@dataclass(frozen=True)
class Verdict:
    """What came of a job. `code` is empty when it is well, a code of DocumentRejected, or FAILED.

    `why` names a rule or a type of error, never a value. `left_out` characters had no sign in our fonts, `size` bytes
    of PDF follow, and `peak_kb` is the most memory that the job had.
    """

    code: str = ""
    why: str = ""
    pages: int = 0
    left_out: int = 0
    size: int = 0
    peak_kb: int = 0

    def line(self) -> bytes:
        """The verdict as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"


def verdict(line: bytes) -> Verdict:
    """Read a verdict; raises ValueError for anything else."""
    try:
        return Verdict(**json.loads(line))
    except TypeError as error:
        message = "not a verdict"
        raise ValueError(message) from error
