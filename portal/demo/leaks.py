"""Looks for secrets in what a run left behind: in plain, base64 at any alignment, URL-encoded, hex and escaped."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.")
_SEXTET = 6


def find(files: Iterable[Path], secrets: Mapping[str, str], *, tokens: bool = True) -> list[str]:
    """Name every file and kind of secret that is in it, never the secret; `secrets` maps a kind to its value.

    With `tokens`, any in JWT form is a finding too: no log, page or database has use for one.
    """
    needles = [(kind, form) for kind, secret in secrets.items() for form in forms(secret)]
    return sorted({finding for path in files for finding in _in_file(path, needles, tokens=tokens)})


def below(*folders: Path) -> list[Path]:
    """Every file in these folders, at any depth."""
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def forms(secret: str) -> set[bytes]:
    """Every way in which a secret may be written that this search knows."""
    raw = secret.encode()
    percent = "".join(f"%{byte:02x}" for byte in raw)
    texts = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        percent,
        percent.upper(),
        raw.hex(),
        raw.hex().upper(),
        json.dumps(secret)[1:-1],
        html.escape(secret),
    }
    return {text.encode() for text in texts} | {secret.encode("utf-16-le")} | set(_base64(raw))


def _base64(raw: bytes) -> Iterator[bytes]:
    """The characters that stand for `raw` alone, wherever in the encoded text it begins."""
    for offset in range(3):
        first = -(-offset * 8 // _SEXTET)
        end = (offset + len(raw)) * 8 // _SEXTET
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(offset) + raw)[first:end]


def _in_file(path: Path, needles: list[tuple[str, bytes]], *, tokens: bool) -> Iterator[str]:
    content = path.read_bytes()
    for kind, form in needles:
        if form in content:
            yield f"{path.name}: {kind}"
    if tokens and JWT.search(content):
        yield f"{path.name}: a token"
