from __future__ import annotations

import logging
import secrets
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.helseid import Clock, StandIn
from support.keys import ec
from support.loopback import Asked, Says, http_server
from support.raw_client import BACK, registration

from portal.adapters.address_register import AddressRegister
from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.adapters.proven import ProvenClient
from portal.demo.helseid.address_register import AUDIENCE, PARTIES, SCOPE
from portal.demo.helseid.config import Party as Known
from portal.domain import dpop, jose
from portal.domain.address import Party
from portal.errors import Unavailable, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HER_ID = "99000102"
DOWN = Says(b"", 503)
KNOWN = (
    Known(her_id="99000101", name="Granfjelldal", kind="Organization", organisation_number="999977774"),
    Known(her_id=HER_ID, name="Fastlege", kind="Service", parent_her_id="99000101"),
)


def told(her_id: str = HER_ID, **changes: Any) -> Says:
    party = {"ParentHerId": 99000101, "ParentOrganizationNumber": 999977774, "Active": True}
    return Says({"herId": int(her_id), "type": "Service", "communicationParty": party | changes})


class Register:
    """What NHN's register says, and what it was asked; `now` is the portal's time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.says: Callable[[Asked], Says] = lambda asked: told(asked.path.rpartition("/")[2])
        self.asked: list[Asked] = []
        self.origin = ""
        self.tokens: Callable[[str], str] = lambda jkt: f"token-for-{jkt}"

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        return self.says(asked)

    def token(self, jkt: str) -> str:
        return self.tokens(jkt)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def adapter(self, **limits: int) -> AddressRegister:
        client = ProvenClient(
            issuer="https://helseid.test",
            client_id="portal",
            keys=one_key(ec().private),
            egress=Egress({self.origin}),
            now=lambda: self.now,
            token=lambda: secrets.token_urlsafe(32),
        )
        return AddressRegister(f"{self.origin}/cp/Parties", client, self.token, lambda: self.now, **limits)


@pytest.fixture
def nhn() -> Iterator[Register]:
    register = Register()
    with http_server(register.answer) as origin:
        register.origin = origin
        yield register


def refusal(register: AddressRegister, her_id: str = HER_ID) -> tuple[str, bool]:
    with pytest.raises(UpstreamError) as refused:
        register.party(her_id)
    return refused.value.code, refused.value.retryable


def test_a_party_is_asked_for_with_a_token_and_a_proof_by_the_same_key(nhn: Register) -> None:
    party = nhn.adapter().party(HER_ID)
    assert party
    assert (party.her_id, party.parent_her_id, party.parent_organisation_number) == (HER_ID, "99000101", "999977774")
    (asked,) = nhn.asked
    jkt = dpop.thumbprint(ec().public)
    assert (asked.method, asked.path) == ("GET", f"/cp/Parties/{HER_ID}")
    assert asked.headers["authorization"] == f"DPoP token-for-{jkt}"
    proof = jose.peek(asked.headers["dpop"])
    assert dpop.thumbprint(proof.header["jwk"]) == jkt
    assert proof.claims["htu"] == f"{nhn.origin}/cp/Parties/{HER_ID}"


def test_a_server_that_wants_its_nonce_is_asked_once_more(nhn: Register) -> None:
    wants = Says(b"", 401, {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "theirs"})
    nhn.says = lambda asked: told() if jose.peek(asked.headers["dpop"]).claims.get("nonce") == "theirs" else wants
    assert nhn.adapter().party(HER_ID)
    assert len(nhn.asked) == 2


@pytest.mark.parametrize("her_id", ["", "0", "0123", "1234567890", "1/../2", "12?x", "x", "12\n", "١٢"])
def test_what_is_no_her_id_is_unknown_and_not_asked_for(nhn: Register, her_id: str) -> None:
    assert nhn.adapter().party(her_id) is None
    assert nhn.asked == []


def test_a_party_is_remembered_for_an_hour(nhn: Register) -> None:
    register = nhn.adapter()
    first = register.party(HER_ID)
    nhn.later(minutes=59, seconds=59)
    assert register.party(HER_ID) == first
    assert len(nhn.asked) == 1
    nhn.says = lambda _: told(Active=False)
    nhn.later(seconds=1)
    party = register.party(HER_ID)
    assert party
    assert not party.active


def test_that_there_is_none_is_remembered_for_a_minute(nhn: Register) -> None:
    register, nhn.says = nhn.adapter(), lambda _: Says({"title": "Not Found"}, 404)
    assert register.party(HER_ID) is None
    nhn.says = lambda _: told()
    nhn.later(seconds=59)
    assert register.party(HER_ID) is None
    nhn.later(seconds=1)
    assert register.party(HER_ID)


def test_a_party_that_is_taken_out_is_forgotten(nhn: Register) -> None:
    register = nhn.adapter()
    assert register.party(HER_ID)
    nhn.later(hours=1)
    nhn.says = lambda _: Says(b"", 404)
    assert register.party(HER_ID) is None
    nhn.later(minutes=1)
    nhn.says = lambda _: DOWN
    assert refusal(register) == ("upstream_refused", True)


def test_parties_do_not_stand_in_for_each_other(nhn: Register) -> None:
    register = nhn.adapter()
    for _ in range(2):
        assert [party.her_id for her_id in ("1", "2") if (party := register.party(her_id))] == ["1", "2"]
    assert len(nhn.asked) == 2


def test_while_the_register_is_down_what_it_last_had_stands_for_a_day(nhn: Register) -> None:
    register = nhn.adapter()
    first, nhn.says = register.party(HER_ID), lambda _: DOWN
    for hours in (1, 22, 0.99):
        nhn.later(hours=hours)
        assert register.party(HER_ID) == first
    nhn.later(hours=0.01)
    assert refusal(register) == ("upstream_refused", True)


def test_who_wants_it_fresh_gets_what_the_register_has_now_or_nothing(nhn: Register) -> None:
    register = nhn.adapter()
    first = register.party(HER_ID)
    assert register.party(HER_ID, fresh=True) == first
    assert len(nhn.asked) == 2
    nhn.says = lambda _: DOWN
    with pytest.raises(UpstreamError):
        register.party(HER_ID, fresh=True)
    assert register.party(HER_ID) == first


def test_a_register_that_is_down_is_asked_every_ten_seconds_at_most(nhn: Register) -> None:
    register = nhn.adapter()
    kept = register.party(HER_ID)
    nhn.later(hours=1)
    nhn.says = lambda _: DOWN
    assert refusal(register, "1") == ("upstream_refused", True)
    asked = len(nhn.asked)
    nhn.later(seconds=9)
    assert refusal(register, "2") == ("upstream_unreachable", True)
    assert register.party(HER_ID) == kept
    assert len(nhn.asked) == asked
    nhn.says = lambda asked: told(asked.path.rpartition("/")[2])
    nhn.later(seconds=1)
    assert register.party("2")


@pytest.mark.parametrize(
    ("says", "code", "retryable"),
    [
        pytest.param(Says({"herId": 15849197352}), "upstream_malformed", True, id="not a party"),
        pytest.param(Says([]), "upstream_malformed", True, id="a list"),
        pytest.param(Says(b"<html>"), "upstream_malformed", True, id="a page"),
        pytest.param(Says(b"", 400), "upstream_refused", False, id="a question that it does not understand"),
        pytest.param(Says(b"", 401), "upstream_refused", False, id="a token that it does not know"),
        pytest.param(Says(b"", 403), "upstream_refused", False, id="a scope that it does not know"),
        pytest.param(Says(b"", 302, {"Location": "/elsewhere"}), "upstream_refused", False, id="a way elsewhere"),
    ],
)
def test_an_answer_that_is_no_help_concerns_its_her_id_alone(
    nhn: Register, caplog: pytest.LogCaptureFixture, says: Says, code: str, *, retryable: bool
) -> None:
    register = nhn.adapter()
    nhn.says = lambda asked: says if asked.path.endswith("/1") else told()
    with caplog.at_level(logging.WARNING):
        assert refusal(register, "1") == (code, retryable)
    assert "no help" in caplog.text
    assert "15849197352" not in caplog.text
    assert register.party(HER_ID)


def test_a_lookup_takes_three_seconds_at_most(nhn: Register) -> None:
    def slow(_: Asked) -> Says:
        time.sleep(4)
        return told()

    register, nhn.says = nhn.adapter(), slow
    began = time.monotonic()
    assert refusal(register) == ("upstream_unreachable", True)
    assert time.monotonic() - began < 3.6


@pytest.mark.parametrize(
    "error", [Unavailable("helseid_down"), UpstreamError("upstream_unreachable", "https://helseid.test:443")]
)
def test_without_a_token_nothing_is_asked_and_what_is_remembered_stands(nhn: Register, error: Exception) -> None:
    def fail(_: str) -> str:
        raise error

    register = nhn.adapter()
    kept = register.party(HER_ID)
    nhn.tokens = fail
    nhn.later(hours=2)
    assert register.party(HER_ID) == kept
    assert refusal(register, "1") == ("upstream_unreachable", True)
    assert len(nhn.asked) == 1


def test_only_the_latest_are_remembered(nhn: Register) -> None:
    register = nhn.adapter(most=3)
    for her_id in ("1", "2", "3", "4"):
        register.party(her_id)
    register.party("2")
    assert len(nhn.asked) == 4
    register.party("1")
    assert len(nhn.asked) == 5


@contextmanager
def standing_in() -> Iterator[tuple[StandIn, AddressRegister]]:
    """NHN's register as HelseID's stand-in serves it, and ours with tokens from there."""
    portal = registration("portal", apis={AUDIENCE: (SCOPE,)})
    with StandIn(portal, parties=KNOWN) as standin:
        helseid = OpenIdClient(
            issuer=standin.address,
            client_id="portal",
            keys=one_key(ec("portal").private),
            redirect_uri=BACK,
            egress=Egress({standin.address}),
            now=standin.provider.now,
            token=lambda: secrets.token_urlsafe(32),
        )

        def access_token(jkt: str) -> str:
            return str(helseid.tokens.client_credentials(SCOPE, AUDIENCE, jkt=jkt)["access_token"])

        url = f"{standin.address}{PARTIES}"
        yield standin, AddressRegister(url, helseid.client, access_token, standin.provider.now)


def test_the_stand_in_is_asked_with_its_own_tokens_and_outlived() -> None:
    with standing_in() as (standin, register):
        party = register.party(HER_ID)
        assert isinstance(party, Party)
        assert party.parent_organisation_number == "999977774"
        assert register.party("99000104") is None
        standin.stop()
        assert isinstance(standin.provider.now, Clock)
        standin.provider.now.ahead = timedelta(hours=2)
        assert register.party(HER_ID) == party
        assert refusal(register, "99000101") == ("upstream_unreachable", True)
