"""The life of our own keys at the terminal: a process, a database, and a HelseID that remembers what it was asked."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from support.issuer import CLIENT, Issuer
from support.keys import ec
from support.loopback import Says, http_server
from support.operator import SCRIPT

from portal.domain import dpop, jose
from portal.domain.client_registration import PublicKey
from portal.settings import Settings
from portal.store import client_keys
from portal.store.database import Database
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.keys import Pair
    from support.loopback import Asked
    from support.operator import Operator

PAR, TOKEN, KEYS = "/connect/par", "/connect/token", "/v1/client-secret"
FIRST = ec().public["kid"]
KINDS = pytest.mark.parametrize("kind", [[], ["--rsa"]], ids=["EC", "RSA"])


class Present(Issuer):
    """On the real clock, as the processes are that ask it; Selvbetjening is another host."""

    selvbetjening = ""

    def answer(self, asked: Asked) -> Says:
        self.now = datetime.now(UTC)
        return super().answer(asked)

    def signers(self) -> set[str]:
        """The thumbprint of every key that signed anything that ever came here."""
        known = {key["kid"]: dpop.thumbprint(key) for key in self.client_keys}
        assertions = [
            jose.key_id_of(one.form["client_assertion"]) for one in self.asked if b"client_assertion" in one.body
        ]
        proofs = [jose.peek(one.headers["dpop"]).header["jwk"] for one in self.asked if "dpop" in one.headers]
        return {known.get(str(kid), str(kid)) for kid in assertions} | {dpop.thumbprint(key) for key in proofs}


@pytest.fixture
def helseid() -> Iterator[Present]:
    it = Present()
    with http_server(it.answer) as origin, http_server(it.answer) as it.selvbetjening:
        it.open(origin)
        yield it


@pytest.fixture
def desk(on_sqlite: Operator, helseid: Present) -> Operator:
    return facing(on_sqlite, helseid)


def facing(operator: Operator, helseid: Present) -> Operator:
    """The operator of a client of this HelseID."""
    there = {"ISSUER": helseid.origin, "CLIENT_ID": CLIENT, "KEY_API": f"{helseid.selvbetjening}{KEYS}"}
    operator.environ |= {f"PORTAL_HELSEID_{name}": value for name, value in there.items()}
    return operator


def make(operator: Operator, kid: str) -> Pair:
    """A pending key, as `keys new` leaves it."""
    settings, pair = Settings.from_env(operator.environ), ec(kid)
    with opened(operator) as database, database.write() as session:
        client_keys.add(session, vault_of(settings), pair.private, "kari", datetime.now(UTC))
    return pair


def states(operator: Operator) -> dict[str, str]:
    with opened(operator) as database, database.read() as session:
        return {key.kid: key.state for key in client_keys.listed(session)}


@contextmanager
def opened(operator: Operator) -> Iterator[Database]:
    database = Database(operator.environ["PORTAL_DATABASE_URL"])
    yield database
    database.close()


def said(operator: Operator, *arguments: str, status: int = 0) -> str:
    ended = operator.run("keys", *arguments, status=status)
    return ended.stderr if status else ended.stdout


def killed(operator: Operator, helseid: Present, path: str, kid: str, then: Callable[[Asked], object]) -> None:
    """An activation that is killed while it waits for an answer, after HelseID did what it was asked."""
    entered, gone = Event(), Event()

    def never(asked: Asked) -> Says:
        then(asked)
        entered.set()
        gone.wait(30)
        return Says(b"", 503)

    helseid.overrides[path] = never
    with subprocess.Popen([SCRIPT, "keys", "activate", kid], env=operator.environ, stdout=subprocess.PIPE) as running:
        assert entered.wait(30)
        running.kill()
    gone.set()
    del helseid.overrides[path]


@KINDS
def test_the_very_first_key_is_printed_and_needs_nothing_around_it(on_sqlite: Operator, kind: list[str]) -> None:
    settings, on_sqlite.environ = on_sqlite.environ, {}
    ended = on_sqlite.run("keys", "new", "--print", "--kid", "2026-2", *kind)
    private, public = json.loads(ended.stdout), json.loads(ended.stderr)
    key, alg = (RSAKey, "PS256") if kind else (ECKey, "ES256")
    token = jwt.encode({"alg": alg}, {"sub": "x"}, key.import_key(private), algorithms=[alg])
    assert jwt.decode(token, key.import_key(public), algorithms=[alg]).claims == {"sub": "x"}
    assert PublicKey.model_validate(public).kid == "2026-2"
    assert Settings.from_env(settings | {"PORTAL_HELSEID_CLIENT_KEY": ended.stdout}).helseid_client_key == private


@KINDS
def test_a_new_key_is_kept_pending_and_its_private_half_not_shown(on_sqlite: Operator, kind: list[str]) -> None:
    ended = on_sqlite.run("keys", "new", *kind)
    public = json.loads(ended.stdout)
    assert PublicKey.model_validate(public).alg == ("PS256" if kind else "ES256")
    assert len(public.get("n", "")) == (683 if kind else 0)
    assert public["kid"] == dpop.thumbprint(public)
    assert ended.stderr == ""
    assert states(on_sqlite) == {public["kid"]: "pending"}
    assert [act[1:] for act in on_sqlite.audited()] == [("key_made", f"key {public['kid']}")]


@pytest.mark.parametrize("kid", ["2026-2", FIRST, "two\nlines", "x" * 101])
def test_a_name_is_one_line_and_nobody_elses(on_sqlite: Operator, kid: str) -> None:
    make(on_sqlite, "2026-2")
    assert said(on_sqlite, "new", "--kid", kid, status=1).startswith("kid: ")


@KINDS
def test_a_key_is_registered_probed_and_activated_in_one_go(
    operator: Operator, helseid: Present, kind: list[str]
) -> None:
    public = json.loads(said(facing(operator, helseid), "new", "--kid", "2026-2", *kind))
    assert said(operator, "activate", "2026-2").splitlines() == [
        "2026-2 pending",
        "2026-2 registered, expires 2027-11-20T12:00:00.123456+00:00",
        "2026-2 probed",
        f"2026-2 active, {FIRST} signs no more",
    ]
    (registered,) = helseid.asked_for(KEYS)
    assert json.loads(registered.body) == public
    assert [jose.key_id_of(asked.form["client_assertion"]) for asked in helseid.asked_for(TOKEN)] == [FIRST, FIRST]
    assert [jose.key_id_of(asked.form["client_assertion"]) for asked in helseid.asked_for(PAR)] == ["2026-2"]
    first, new = (line.split("\t") for line in said(operator, "list").splitlines())
    assert first == [FIRST, "ES256", "retired", "settings", "", ""]
    assert new[:4] == ["2026-2", public["alg"], "active", operator.audited()[0][0].removeprefix("operator ")]
    assert new[5] == "2027-11-20T12:00+00:00"
    acts = ["key_made", "key_registered", "key_probed", "key_activated"]
    assert [act[1:] for act in operator.audited()] == [(act, "key 2026-2") for act in acts]


def test_the_key_of_the_settings_is_listed_as_active_until_another_is(desk: Operator) -> None:
    make(desk, "2026-2")
    first, new = (line.split("\t") for line in said(desk, "list").splitlines())
    assert first == [FIRST, "ES256", "active", "settings", "", ""]
    assert (new[:4], new[5]) == (["2026-2", "ES256", "pending", "kari"], "")


def test_the_next_is_registered_by_the_active_one_which_then_retires(desk: Operator, helseid: Present) -> None:
    for kid in ("second", "third"):
        make(desk, kid)
        said(desk, "activate", kid)
    signers = [jose.key_id_of(asked.form["client_assertion"]) for asked in helseid.asked_for(TOKEN)]
    assert signers == [FIRST, FIRST, "second", "second"]
    assert states(desk) == {"second": "retired", "third": "active"}
    assert said(desk, "activate", "third") == "third active\n"


def test_a_key_that_was_put_in_by_hand_is_probed_and_activated(desk: Operator, helseid: Present) -> None:
    del desk.environ["PORTAL_HELSEID_KEY_API"]
    new = make(desk, "2026-2")
    assert "PORTAL_HELSEID_KEY_API" in said(desk, "activate", "2026-2", status=1)
    assert helseid.asked == []
    helseid.client_keys.append(new.public)
    assert "2026-2 active" in said(desk, "activate", "2026-2", "--registered")
    assert helseid.asked_for(TOKEN) == helseid.asked_for(KEYS) == []


def test_a_key_that_is_not_registered_signs_nothing(desk: Operator, helseid: Present) -> None:
    new = make(desk, "2026-2")
    helseid.overrides[KEYS] = lambda _: Says({"title": "Forbidden"}, 403)
    assert said(desk, "activate", "2026-2", status=1).startswith("client-secret: 403")
    assert said(desk, "retire", "2026-2") == "2026-2 retired\n"
    assert len(helseid.asked_for(KEYS)) == 1
    assert helseid.signers() == {dpop.thumbprint(ec().public)}
    assert new.private["d"] not in str(helseid.asked)


def test_a_key_that_helseid_does_not_accept_is_not_activated(desk: Operator, helseid: Present) -> None:
    make(desk, "2026-2")
    assert said(desk, "activate", "2026-2", "--registered", status=1) == "par: invalid_client\n"
    assert states(desk) == {"2026-2": "registered"}
    assert len(helseid.asked_for(PAR)) == 1


def test_a_probe_without_an_answer_is_made_again_without_registering_again(desk: Operator, helseid: Present) -> None:
    make(desk, "2026-2")
    killed(desk, helseid, PAR, "2026-2", lambda _: None)
    assert states(desk) == {"2026-2": "registered"}
    assert said(desk, "activate", "2026-2").splitlines()[0] == "2026-2 registered"
    assert states(desk) == {"2026-2": "active"}
    assert len(helseid.asked_for(KEYS)) == 1


def test_a_registration_without_an_answer_is_made_again(desk: Operator, helseid: Present) -> None:
    make(desk, "2026-2")
    killed(desk, helseid, KEYS, "2026-2", lambda _: None)
    assert states(desk) == {"2026-2": "pending"}
    said(desk, "activate", "2026-2")
    assert states(desk) == {"2026-2": "active"}
    assert len(helseid.asked_for(KEYS)) == 2


def test_when_the_lost_answer_was_the_end_of_the_old_key_the_operator_is_told(desk: Operator, helseid: Present) -> None:
    def replace(asked: Asked) -> None:
        helseid.client_keys = [json.loads(asked.body)]

    make(desk, "2026-2")
    killed(desk, helseid, KEYS, "2026-2", replace)
    assert "2026-2 already, say --registered" in said(desk, "activate", "2026-2", status=1)
    said(desk, "activate", "2026-2", "--registered")
    assert states(desk) == {"2026-2": "active"}


def test_the_active_key_is_not_retired_and_a_retired_one_does_not_come_back(desk: Operator, helseid: Present) -> None:
    for kid in ("2026-2", "2026-3"):
        make(desk, kid)
    said(desk, "activate", "2026-2")
    assert "activate another" in said(desk, "retire", "2026-2", status=1)
    said(desk, "retire", "2026-3")
    asked = len(helseid.asked)
    assert "make a new one" in said(desk, "activate", "2026-3", status=1)
    assert len(helseid.asked) == asked
    assert states(desk) == {"2026-2": "active", "2026-3": "retired"}


@pytest.mark.parametrize("command", ["activate", "retire"])
def test_a_key_that_nobody_made_is_refused(desk: Operator, command: str) -> None:
    assert said(desk, command, "nobody", status=1) == "nobody: there is no such key\n"
