"""Fails unless every mutant was killed or stands in equivalent.txt, which says why no test can tell it apart.

Usage: check.py RESULTS, where RESULTS holds what `mutmut results --all true` printed; `mutmut show NAME` shows one.
mutmut changes only what stands in functions: the tables and enums of a module have no mutants.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EQUIVALENT = Path(__file__).with_name("equivalent.txt")
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
LISTED_AT_MOST = 3


def read(path: Path) -> dict[str, str]:
    """What is said of each mutant, from lines of `name: what`."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    said = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name: what.strip() for name, _, what in said}


def unmade(statuses: Mapping[str, str]) -> Iterator[str]:
    """Files that should have mutants and have none."""
    for path in tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["mutmut"]["only_mutate"]:
        module = path.removesuffix(".py").replace("/", ".")
        if not any(name.startswith(f"{module}.") for name in statuses):
            yield f"{path}: no mutants were made"


def alive(statuses: Mapping[str, str], equivalent: Mapping[str, str]) -> Iterator[str]:
    """Mutants that no test killed and nobody spoke for."""
    for name, status in statuses.items():
        if status != "killed" and (status != "survived" or name not in equivalent):
            yield f"{name}: {status}"


def stale(statuses: Mapping[str, str], equivalent: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the list itself."""
    if len(equivalent) > LISTED_AT_MOST:
        yield f"{EQUIVALENT.name}: {len(equivalent)} mutants are listed; {LISTED_AT_MOST} are the most"
    for name, reason in equivalent.items():
        if not reason:
            yield f"{name}: listed without a reason"
        if name not in statuses:
            yield f"{name}: listed, but there is no such mutant"
        elif statuses[name] == "killed":
            yield f"{name}: listed, but a test kills it"


def main(results: str) -> int:
    """Write what is wrong, then the counts; 1 when anything is."""
    statuses, equivalent = read(Path(results)), read(EQUIVALENT)
    faults = [*unmade(statuses), *alive(statuses, equivalent), *stale(statuses, equivalent)]
    counts = "".join(f", {count} {status}" for status, count in Counter(statuses.values()).most_common())
    sys.stdout.writelines(f"{line}\n" for line in [*faults, f"{len(statuses)} mutants{counts}"])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
