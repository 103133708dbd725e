"""The environment is read whole: every fault at once, secrets from files, and nothing that cannot run."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from portal.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

KEY = b64encode(b"k" * 32).decode()
RIGHT = {
    "PORTAL_BASE_URL": "https://inngang.example",
    "PORTAL_LISTEN": "helsenett=unix:/run/a.sock, internett=unix:/run/b.sock",
    "PORTAL_DATABASE_URL": "postgresql://db/portal",
    "PORTAL_STATE_DIR": "/var/lib/portal",
    "PORTAL_TRANSPORTS": "",
    "PORTAL_HELSEID_ISSUER": "https://helseid.example",
    "PORTAL_HELSEID_CLIENT_ID": "portal",
    "PORTAL_HELSEID_CLIENT_KEY": json.dumps({"kty": "EC"}),
    "PORTAL_DATA_KEYS": json.dumps({"2026-1": KEY}),
    "PORTAL_INDEX_KEY": KEY,
    "PORTAL_AUDIT_KEY": KEY,
    "PORTAL_SENDER_ORGANISATION_NUMBER": "310000043",
    "PORTAL_SENDER_PARENT_HER_ID": "99000001",
    "PORTAL_SENDER_HER_ID": "99000002",
    "PORTAL_SENDER_PHONE": "+4700000000",
}


def test_a_right_environment_is_read() -> None:
    settings = Settings.from_env(RIGHT | {"PORTAL_LAUNCH_SECONDS": "2"})
    assert settings.listen == {"helsenett": "unix:/run/a.sock", "internett": "unix:/run/b.sock"}
    assert settings.lifetimes.launch == timedelta(seconds=2)
    assert settings.production
    assert KEY not in repr(settings)


def test_every_fault_is_told_at_once_and_no_secret_with_it() -> None:
    environ = RIGHT | {"PORTAL_INDEX_KEY": "c2hvcnQ=", "PORTAL_SENDER_HER_ID": "x", "PORTAL_CODE_SECONDS": "-1"}
    del environ["PORTAL_STATE_DIR"]
    with pytest.raises(SettingsError) as told:
        Settings.from_env(environ)
    for name in ("PORTAL_INDEX_KEY", "PORTAL_SENDER_HER_ID", "PORTAL_CODE_SECONDS", "PORTAL_STATE_DIR"):
        assert name in str(told.value)
    assert "c2hvcnQ" not in str(told.value)


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    environ = {name: value for name, value in RIGHT.items() if name != "PORTAL_AUDIT_KEY"}
    assert Settings.from_env(environ | {"PORTAL_AUDIT_KEY_FILE": str(tmp_path / "key")}).audit_key == b"k" * 32


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"PORTAL_BASE_URL": "http://inngang.example"}, "https in production"),
        ({"PORTAL_BASE_URL": "https://inngang.example/portal"}, "without a path"),
        ({"PORTAL_LISTEN": "elsewhere=unix:/run/a.sock"}, "a zone other than"),
        ({"PORTAL_TRANSPORTS": "edi20"}, "DIALOGMELDING_XSD_DIR must hold the official schemas"),
        ({"PORTAL_TRANSPORTS": "simulator"}, "not for production"),
    ],
)
def test_what_cannot_run_is_refused(changes: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        Settings.from_env(RIGHT | changes)
