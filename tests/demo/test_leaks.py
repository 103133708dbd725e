from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from portal.demo import leaks

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "31817541278"
NAME = "Røyskatt"


def written_ways(secret: str) -> dict[str, bytes]:
    raw = secret.encode()
    ways = {
        "plain": raw,
        "quoted": quote(secret).encode(),
        "percent": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "hex": raw.hex().encode(),
        "json": json.dumps(secret).encode(),
        "utf-16": secret.encode("utf-16-le"),
    }
    for before in range(4):
        for after in range(3):
            padded = b"x" * before + raw + b"y" * after
            ways[f"base64 {before} {after}"] = b64encode(padded)
            ways[f"base64url {before} {after}"] = urlsafe_b64encode(padded).rstrip(b"=")
    return ways


@pytest.mark.parametrize("secret", [SECRET, NAME])
@pytest.mark.parametrize("way", written_ways(SECRET))
def test_a_secret_is_found_however_it_is_written(tmp_path: Path, secret: str, way: str) -> None:
    path = tmp_path / "portal.log"
    path.write_bytes(b"2026-11-20 GET /mine " + written_ways(secret)[way] + b" 200\n")
    assert leaks.find([path], {"number": secret}) == ["portal.log: number"]


def test_a_finding_does_not_repeat_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "portal.log"
    path.write_text(SECRET, encoding="utf-8")
    assert SECRET not in "".join(leaks.find([path], {"number": SECRET}))


def test_a_token_is_found_without_being_known(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_text("Authorization: DPoP eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJl", encoding="utf-8")
    assert leaks.find([path], {}) == ["worker.log: a token"]


def test_innocent_files_are_not_accused(tmp_path: Path) -> None:
    path = tmp_path / "portal.log"
    path.write_text("GET /k/4f2c/ 200\n12345678901 eyebrow\n", encoding="utf-8")
    assert leaks.find([path], {"number": SECRET, "name": NAME}) == []
