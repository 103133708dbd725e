"""The locks fix every file that is installed by its hash, and say nothing of where it comes from."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.source import ROOT

PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+")
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"]


def pins(lock: str) -> dict[str, str]:
    """Name and version of every requirement; fails on one that is not pinned and hashed."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = {}
    for line in re.sub(r" \\\n +", " ", text).splitlines():
        if line and not line.lstrip().startswith("#"):
            pin = PINNED.fullmatch(line)
            assert pin, f"{lock} does not fix {line[:60]}"
            found[pin["name"]] = pin["version"]
    return found


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    assert pins(lock)


@pytest.mark.parametrize("lock", [*LOCKS, "package-lock.json"])
def test_no_lock_holds_an_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"[a-z]+://|file:/|--(extra-)?index-url|--find-links|\"resolved\"", text)


def test_every_npm_package_is_hashed() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(package["integrity"].startswith("sha512-") for path, package in packages.items() if path)


def test_the_locks_answer_pyproject() -> None:
    metadata = project()
    declared = metadata["build-system"]["requires"] + metadata["project"]["dependencies"]
    for lock, wanted in [
        ("requirements.lock", declared),
        ("requirements-dev.lock", declared + metadata["project"]["optional-dependencies"]["dev"]),
    ]:
        locked = pins(lock)
        for requirement in map(Requirement, wanted):
            found = locked.get(canonicalize_name(requirement.name))
            assert found, f"{lock} lacks {requirement.name}: run make lock"
            assert requirement.specifier.contains(found, prereleases=True), f"{lock} has {requirement.name} {found}"


def test_tests_run_with_the_versions_of_production() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()
