"""The console script as an operator runs it: a process, an environment, a database."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import sealed_rows
from support.keys import ec
from support.operator import SCRIPT, Operator, environment

from portal.cli.main import parser
from portal.domain.audit import AuditEvent
from portal.domain.registration import Epj
from portal.settings import Settings
from portal.store import audit, registry

if TYPE_CHECKING:
    from portal.store.database import Database

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "worker",
    "demo",
    "db upgrade",
    "catalog check",
    "catalog diff",
    "catalog export",
    "catalog import",
    "notices post",
    "notices list",
    "notices end",
    "epj add",
    "epj approve",
    "epj list",
    "epj disable",
    "clients add",
    "clients approve",
    "clients list",
    "clients disable",
    "people assign",
    "people unassign",
    "people disable",
    "people enable",
    "people list",
    "deliveries list",
    "deliveries show",
    "deliveries retry",
    "deliveries approve",
    "deliveries quarantine list",
    "deliveries quarantine show",
    "deliveries quarantine drop",
    "audit verify",
    "audit export",
    "retention run",
    "keys new",
    "keys activate",
    "keys retire",
    "keys list",
)
EPJ = {"id": "eksempel-epj", "name": "EksempelEPJ", "helseid_client_ids": ["epj-1"]}
CLIENT = {
    "client_id": "melding",
    "service": "demo-melding",
    "owner": "Demo-eier",
    "keys": [ec().public],
    "launch_url": "https://melding.example/launch",
    "redirect_uris": ["https://melding.example/callback"],
}


def me() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_in_one_line_what_it_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, helps = command.split(), []
    # With every command at hand, and as `portal` starts: with its own module alone.
    for prepared in (parser(), parser(words[0])):
        with pytest.raises(SystemExit) as ended:
            prepared.parse_args([*words, "--help"])
        assert ended.value.code == 0
        helps.append(capsys.readouterr().out)
    assert helps[0] == helps[1]
    said = helps[0].split("\n\n")
    assert said[0].startswith(f"usage: portal {command}")
    assert said[1].endswith(".")


def test_faulty_settings_are_said_plainly_and_all_at_once(on_sqlite: Operator) -> None:
    del on_sqlite.environ["PORTAL_AUDIT_KEY"]
    on_sqlite.environ["PORTAL_SENDER_HER_ID"] = "none"
    said = on_sqlite.run("db", "upgrade", status=2).stderr
    assert "PORTAL_AUDIT_KEY" in said
    assert "PORTAL_SENDER_HER_ID" in said


def test_an_empty_database_is_brought_to_the_newest_schema(blank_url: str, tmp_path: Path) -> None:
    operator = Operator(tmp_path, environment(blank_url, tmp_path))
    operator.run("db", "upgrade")
    operator.run("db", "upgrade")
    assert operator.run("audit", "verify").stdout == "0 rows, 0 batches, 0 not yet sealed\n"


def test_a_database_that_is_away_is_said_plainly(on_sqlite: Operator) -> None:
    on_sqlite.environ["PORTAL_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    assert on_sqlite.run("epj", "list", status=1).stderr == "database\n"


@pytest.mark.parametrize(("register", "document"), [("epj", EPJ), ("clients", CLIENT)])
def test_a_registration_needs_two_people(on_sqlite: Operator, register: str, document: dict[str, object]) -> None:
    name = str(document.get("id") or document["client_id"])
    assert "sha256" in on_sqlite.run(register, "add", on_sqlite.write("registration.json", document)).stdout
    assert "four_eyes" in on_sqlite.run(register, "approve", name, status=1).stderr
    assert on_sqlite.run(register, "list").stdout == f"{name}\tproposed\t{me()}\t\t\n"
    kind = "epj" if register == "epj" else "client"
    assert on_sqlite.audited() == [(f"operator {me()}", f"{kind}_proposed", f"{kind} {name}")]


def test_what_somebody_else_proposed_is_approved_shown_and_disabled(on_sqlite: Operator, sqlite: Database) -> None:
    with sqlite.write() as session:
        registry.propose_epj(session, Epj.model_validate(EPJ), "somebody-else")
    assert '"name": "EksempelEPJ"' in on_sqlite.run("epj", "approve", "eksempel-epj").stdout
    assert on_sqlite.run("epj", "list").stdout == f"eksempel-epj\tenabled\tsomebody-else\t{me()}\t\n"
    on_sqlite.run("epj", "disable", "eksempel-epj")
    on_sqlite.run("epj", "approve", "eksempel-epj", status=1)
    on_sqlite.run("epj", "disable", "unknown", status=1)
    with sqlite.read() as session:
        assert [entry.state for entry in registry.list_epjs(session)] == ["disabled"]
    assert [action for _, action, _ in on_sqlite.audited()] == ["epj_approved", "epj_disabled"]


def test_the_user_is_the_processs_own_whatever_the_environment_says(on_sqlite: Operator) -> None:
    on_sqlite.environ |= {"USER": "somebody-else", "LOGNAME": "somebody-else", "USERNAME": "somebody-else"}
    on_sqlite.run("epj", "add", on_sqlite.write("epj.json", EPJ))
    assert on_sqlite.run("epj", "list").stdout == f"eksempel-epj\tproposed\t{me()}\t\t\n"


def test_a_faulty_registration_is_named_field_by_field_without_its_values(on_sqlite: Operator) -> None:
    private = dict(CLIENT, keys=[ec().private], launch_url="ftp://melding.example/")
    said = on_sqlite.run("clients", "add", on_sqlite.write("client.json", private), status=1).stderr
    assert "launch_url: " in said
    assert "keys.0.d: " in said
    assert ec().private["d"] not in said
    assert on_sqlite.run("clients", "list").stdout == ""
    on_sqlite.run("clients", "add", "no-such-file.json", status=1)


def test_the_audit_log_is_verified_against_a_published_head(on_sqlite: Operator, sqlite: Database) -> None:
    key = Settings.from_env(on_sqlite.environ).audit_key
    with sqlite.write() as session:
        audit.record(session, AuditEvent(sealed_rows.NOW, "login", "ok", "sub-1"))
    with sqlite.write() as session:
        head = audit.seal(session, key, sealed_rows.NOW)
    assert head
    said = on_sqlite.run("audit", "verify", "--head", head.digest).stdout
    assert said == "1 rows, 1 batches, 0 not yet sealed\n"
    assert on_sqlite.run("audit", "verify", "--head", "0" * 64, status=1).stderr.startswith("the published head")
    on_sqlite.environ["PORTAL_AUDIT_KEY"] = b64encode(bytes(range(32))).decode()
    assert on_sqlite.run("audit", "verify", status=1).stderr == "batch 1 does not match its link\n"


def test_retention_forgets_and_says_what(operator: Operator, database: Database) -> None:
    sealed_rows.register(database)
    long_ago = sealed_rows.NOW.replace(year=2020)
    with database.write() as session:
        sealed_rows.open_context(session, sealed_rows.vault(), expires_at=long_ago)
    said = operator.run("retention", "run").stdout
    counts = dict(one.split() for one in said.strip().split(", "))
    assert {name: count for name, count in counts.items() if count != "0"} == {"contexts": "1"}
    assert operator.audited() == [(f"operator {me()}", "retention_run", "")]


def test_the_worker_works_until_it_is_told_to_stop(on_sqlite: Operator) -> None:
    command = [str(SCRIPT), "worker"]
    with subprocess.Popen(command, env=on_sqlite.environ, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr
        assert "worker started" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
