"""The portal's environment in the demo; secrets lie in files, as in production."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from portal.demo import people
from portal.demo.helseid.address_register import PARTIES
from portal.demo.helseid.self_service import CLIENT_SECRET
from portal.demo.keys import signing
from portal.demo.standin_files import AUDIENCE, PORTAL_CLIENT, SCOPE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from portal.demo.keys import Keys
    from portal.demo.ports import Addresses

SHORT_LIFE = 2.0  # seconds; what must be seen to expire on the real clock
SHORT_LIVES = {f"PORTAL_{name}_SECONDS": str(SHORT_LIFE) for name in ("LAUNCH", "CODE")}


def make(folder: Path, addresses: Addresses, keys: Keys, lives: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment; whatever PORTAL_* the caller's own had does not follow along."""
    plain = {
        "ENVIRONMENT": "demo",
        "BASE_URL": addresses.portal,
        "LISTEN": f"internett={addresses.portal.removeprefix('http://')}",
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite'}",
        "STATE_DIR": str(folder / "state"),
        "TRANSPORTS": "simulator",
        "EGRESS_ALLOW": f"{addresses.helseid},{addresses.epj}",
        "HELSEID_ISSUER": addresses.helseid,
        "HELSEID_CLIENT_ID": PORTAL_CLIENT,
        "HELSEID_KEY_API": f"{addresses.helseid}{CLIENT_SECRET}",
        "ADDRESS_REGISTER": f"{addresses.helseid}{PARTIES}",
        "API_AUDIENCE": AUDIENCE,
        "API_SCOPE": SCOPE,
        **{f"SENDER_{name}": value for name, value in people.SENDER.items()},
        **_secret_files(folder, keys),
    }
    (folder / "state").mkdir()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {**inherited, **{f"PORTAL_{name}": value for name, value in plain.items()}, **lives}


def _secret_files(folder: Path, keys: Keys) -> dict[str, str]:
    contents = {
        "HELSEID_CLIENT_KEY": json.dumps(keys.portal),
        "SIGNING_KEYS": json.dumps(signing()),
        "DATA_KEYS": json.dumps({"2026-1": _random_key()}),
        "INDEX_KEY": _random_key(),
        "AUDIT_KEY": _random_key(),
    }
    for name, content in contents.items():
        path = folder / name.lower()
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
    return {f"{name}_FILE": str(folder / name.lower()) for name in contents}


def _random_key() -> str:
    return b64encode(secrets.token_bytes(32)).decode()
