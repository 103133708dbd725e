#!/usr/bin/env python3
"""Fails when pytest skipped a test for a reason that is not on the list.

Usage: skips_check.py LIST JUNIT_XML...
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET


def reasons(report: Path) -> set[str]:
    """Why tests of one JUnit report were skipped."""
    return {skipped.get("message", "") for skipped in ET.parse(report).iter("skipped")}  # noqa: S314  our own report


def main(listed: str, *reports: str) -> str | None:
    """Name the reasons nobody agreed to; None when there are none, which exits 0."""
    lines = Path(listed).read_text(encoding="utf-8").splitlines()
    allowed = {line for line in lines if line and not line.startswith("#")}
    unexpected = set().union(*map(reasons, map(Path, reports))) - allowed
    return "\n".join(f"skipped, and not on the list: {reason}" for reason in sorted(unexpected)) or None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
