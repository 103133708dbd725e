"""The environment is read whole: every fault at once, secrets from files, and nothing that cannot run."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.keys import ec, rsa

from portal.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

KEY = b64encode(b"k" * 32).decode()
RIGHT = {
    "PORTAL_BASE_URL": "https://inngang.example",
    "PORTAL_LISTEN": "helsenett=unix:/run/a.sock, internett=unix:/run/b.sock",
    "PORTAL_DATABASE_URL": "postgresql://db/portal",
    "PORTAL_STATE_DIR": "/var/lib/portal",
    "PORTAL_HELSEID_ISSUER": "https://helseid.example",
    "PORTAL_HELSEID_CLIENT_ID": "portal",
    "PORTAL_HELSEID_CLIENT_KEY": json.dumps(ec().private),
    "PORTAL_SIGNING_KEYS": json.dumps([ec("s-1").private, ec("s-2", "P-384", "ES384").private, rsa("s-3").private]),
    "PORTAL_DATA_KEYS": json.dumps({"2026-1": KEY}),
    "PORTAL_INDEX_KEY": KEY,
    "PORTAL_AUDIT_KEY": KEY,
    "PORTAL_SENDER_ORGANISATION_NUMBER": "310000043",
    "PORTAL_SENDER_PARENT_HER_ID": "99000001",
    "PORTAL_SENDER_HER_ID": "99000002",
    "PORTAL_SENDER_PHONE": "+4700000000",
}


def test_opening_hours_are_said_by_service() -> None:
    said = {"default": "mon-fri 08:00-16:00, sat 10:00-14:00", "vakt": "fri-sun 22:00-06:00", "aldri": ""}
    assert Settings.from_env(RIGHT | {"PORTAL_OPENING_HOURS": json.dumps(said)}).opening_hours == said


def test_a_right_environment_is_read() -> None:
    settings = Settings.from_env(RIGHT | {"PORTAL_LAUNCH_SECONDS": "2"})
    assert settings.listen == {"helsenett": "unix:/run/a.sock", "internett": "unix:/run/b.sock"}
    assert settings.lifetimes.launch == timedelta(seconds=2)
    assert settings.production
    assert settings.data_keys == {"2026-1": b"k" * 32}
    assert settings.transports == ()
    assert KEY not in repr(settings)
    assert ec().private["d"] not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORTAL_SENDER_NAME", " Portalen"), ("PORTAL_SENDER_NAME", "Portalen\nto"), ("PORTAL_SENDER_HER_ID", "99000001")],
)
def test_a_sender_whose_messages_would_be_refused_does_not_start(variable: str, value: str) -> None:
    parent = {"PORTAL_SENDER_PARENT_HER_ID": "99000001"}
    assert variable in told(RIGHT | parent | {variable: value})


def test_a_real_transport_runs_with_the_official_schemas() -> None:
    real = {"PORTAL_TRANSPORTS": "edi20", "DIALOGMELDING_XSD_DIR": "/schemas", "PORTAL_STOPPED_HER_IDS": "1, 99000102"}
    settings = Settings.from_env(RIGHT | real)
    assert (settings.transports, settings.edi20_version) == (("edi20",), "3")
    assert settings.stopped_her_ids == ("1", "99000102")


def told(environ: dict[str, str]) -> dict[str, str]:
    """By variable, what is said of an environment that cannot run."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)
    return dict(line.split(": ", 1) for line in str(refused.value).splitlines())


def test_every_fault_is_told_at_once_and_no_secret_with_it() -> None:
    wrong = {
        "PORTAL_INDEX_KEY": "c2hvcnQ=",
        "PORTAL_DATA_KEYS": json.dumps({"1": KEY, "2": "c2hvcnQ="}),
        "PORTAL_HELSEID_CLIENT_KEY": '{"kty": "EC", "d": "c2hvcnQ"',
        "PORTAL_SENDER_HER_ID": "x",
        "PORTAL_CODE_SECONDS": "-1",
        "PORTAL_BASE_URL": "http://inngang.example/portal",
        "PORTAL_LISTEN": "elsewhere=unix:/run/a.sock",
        "PORTAL_TRANSPORTS": "edi20",
        "PORTAL_AUDIT_KEY_FILE": "/nowhere/key",
    }
    environ = RIGHT | wrong | {"PORTAL_STATE_DIR": "", "PORTAL_AUDIT_KEY": ""}
    faults = told(environ)
    assert faults.keys() == {*wrong, "PORTAL_STATE_DIR", "PORTAL_AUDIT_KEY"} - {"PORTAL_AUDIT_KEY_FILE"}
    assert "PORTAL_AUDIT_KEY_FILE" in faults["PORTAL_AUDIT_KEY"]
    assert "c2hvcnQ" not in str(faults)


def test_empty_is_unset() -> None:
    empty = {"PORTAL_ENVIRONMENT": "", "DIALOGMELDING_XSD_DIR": "", "PORTAL_CODE_SECONDS": "", "PORTAL_SENDER_NAME": ""}
    assert Settings.from_env(RIGHT | empty) == Settings.from_env(RIGHT)


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    environ = {name: value for name, value in RIGHT.items() if name != "PORTAL_AUDIT_KEY"}
    assert Settings.from_env(environ | {"PORTAL_AUDIT_KEY_FILE": str(tmp_path / "key")}).audit_key == b"k" * 32


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"", b"\n"])
def test_a_file_that_says_nothing_is_a_fault_like_the_others(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    faults = told(RIGHT | {"PORTAL_AUDIT_KEY": "", "PORTAL_AUDIT_KEY_FILE": str(tmp_path / "key")})
    assert faults.keys() == {"PORTAL_AUDIT_KEY"}


def test_a_file_that_cannot_be_read_is_a_fault_where_nothing_is_required() -> None:
    assert told(RIGHT | {"PORTAL_SENDER_NAME_FILE": "/nowhere/name"}).keys() == {"PORTAL_SENDER_NAME"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"PORTAL_BASE_URL": "http://inngang.example"}, "https in production"),
        ({"PORTAL_BASE_URL": "https://inngang.example/portal"}, "without a path"),
        ({"PORTAL_LISTEN": "elsewhere=unix:/run/a.sock"}, "'helsenett' or 'internett'"),
        ({"PORTAL_LISTEN": "helsenett"}, "zone=address"),
        ({"PORTAL_LISTEN": "helsenett=unix:/run/a.sock,helsenett=unix:/run/b.sock"}, "each zone once"),
        ({"PORTAL_TRANSPORTS": "edi20"}, "DIALOGMELDING_XSD_DIR must hold the official schemas"),
        ({"PORTAL_TRANSPORTS": "smtp"}, "there is no transport smtp"),
        ({"PORTAL_TRANSPORTS": "smtp", "DIALOGMELDING_XSD_DIR": "/schemas"}, "there is no transport smtp"),
        ({"PORTAL_EDI20_VERSION": "4"}, "'3' or '2'"),
        ({"PORTAL_STOPPED_HER_IDS": "99000102, Legekontoret"}, "PORTAL_STOPPED_HER_IDS"),
        ({"PORTAL_TRANSPORTS": "simulator"}, "not for production"),
        ({"PORTAL_HELSEID_ISSUER": "http://sts.example"}, "https in production"),
        ({"PORTAL_HELSEID_KEY_API": "http://api.example/v1/client-secret"}, "https in production"),
        ({"PORTAL_HELSEID_KEY_API": "https://api.example"}, "PORTAL_HELSEID_KEY_API"),
        ({"PORTAL_ADDRESS_REGISTER": "http://cpe.example/CommunicationParties"}, "https in production"),
        ({"PORTAL_ADDRESS_REGISTER": "https://cpe.example"}, "PORTAL_ADDRESS_REGISTER"),
        ({"PORTAL_ADDRESS_REGISTER": "https://cpe.example/CommunicationParties/"}, "PORTAL_ADDRESS_REGISTER"),
        ({"PORTAL_HELSEID_KEY_API": "https://api.example/v1/client-secret?x=1"}, "PORTAL_HELSEID_KEY_API"),
        ({"PORTAL_SIGNING_KEYS": "[]"}, "PORTAL_SIGNING_KEYS"),
        ({"PORTAL_SIGNING_KEYS": json.dumps([ec().private])}, "lacks a key for ES384 or RS384"),
        ({"PORTAL_SIGNING_KEYS": json.dumps([ec("s", "P-384", "ES384").private])}, "lacks a key for ES256"),
        (
            {"PORTAL_SIGNING_KEYS": json.dumps([ec("s").private, ec("s", "P-384", "ES384").private])},
            "two keys share a kid",
        ),
        ({"PORTAL_DATA_KEYS": "{}"}, "PORTAL_DATA_KEYS"),
        ({"PORTAL_DATA_KEYS": '["2026-1"]'}, "PORTAL_DATA_KEYS"),
        ({"PORTAL_OPENING_HOURS": '{"default": "08:00-16:00"}'}, "PORTAL_OPENING_HOURS"),
        ({"PORTAL_OPENING_HOURS": '{"default": "mon-fri 8-16"}'}, "PORTAL_OPENING_HOURS"),
        ({"PORTAL_OPENING_HOURS": '{"default": "mon 08:00-16:00,tue 08:00-16:00"}'}, "PORTAL_OPENING_HOURS"),
        ({"PORTAL_CODE_SECONDS": "inf"}, "PORTAL_CODE_SECONDS"),
        ({"PORTAL_CODE_SECONDS": "soon"}, "PORTAL_CODE_SECONDS"),
    ],
)
def test_what_cannot_run_is_refused(changes: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        Settings.from_env(RIGHT | changes)


@pytest.mark.parametrize(
    ("key", "member"),
    [(ec().private, name) for name in ("kid", "alg", "crv", "x", "y", "d")]
    + [(rsa().private, name) for name in ("kid", "alg", "n", "e", "d")],
)
def test_a_client_key_that_cannot_sign_is_refused(key: dict[str, str], member: str) -> None:
    assert Settings.from_env(RIGHT | {"PORTAL_HELSEID_CLIENT_KEY": json.dumps(key)}).helseid_client_key == key
    for wrong in (key | {member: ""}, {name: value for name, value in key.items() if name != member}):
        faults = told(RIGHT | {"PORTAL_HELSEID_CLIENT_KEY": json.dumps(wrong)})
        assert faults == {"PORTAL_HELSEID_CLIENT_KEY": f"lacks {member}"}


@pytest.mark.parametrize("kind", ["oct", "OKP", ""])
def test_a_client_key_of_another_kind_is_refused(kind: str) -> None:
    key = json.dumps(ec().private | {"kty": kind})
    assert "EC or RSA" in told(RIGHT | {"PORTAL_HELSEID_CLIENT_KEY": key})["PORTAL_HELSEID_CLIENT_KEY"]
