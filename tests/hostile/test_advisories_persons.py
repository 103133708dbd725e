"""One test per advisory: who is let in, for how long, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.liar import HPR, SUB
from support.siege import own_page
from support.visitor import SESSION

from portal.domain.identity import SECURITY_LEVEL
from portal.store import assignments

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def test_CVE_2026_7507_a_login_that_the_attacker_began_is_not_continued_by_the_victim(siege: Siege) -> None:
    """Keycloak: an authentication session made beforehand, handed over by a link, finished by the victim's SSO."""
    attacker, victim = siege.visitor(), siege.visitor()
    brought = siege.liar.log_in(attacker.leave_for_helseid())
    for cookie in attacker.cookies:  # even if a cookie of the attacker's could be tossed
        victim.cookies.set(cookie.name, "tossed", domain="127.0.0.1", path="/")
    siege.refused(victim.bring(brought), 400, "login_state_unknown")
    siege.nobody_came_in(victim)


def test_CVE_2024_7341_a_login_always_gives_a_new_session(siege: Siege) -> None:
    """Keycloak: the session id stayed the same through the login."""
    visitor, seen = siege.visitor(), set[str]()
    for _ in range(4):
        visitor.log_in()
        seen.add(visitor.session or "")
    assert len(seen) == 4
    for old in seen - {visitor.session or ""}:
        other = siege.visitor()
        other.cookies.set(SESSION, old, domain="127.0.0.1", path="/")
        assert not other.is_in()


@pytest.mark.parametrize("sub", ["somebody-else", SUB.upper(), f"{SUB} ", f" {SUB}", f"{SUB}\u200b"])
def test_CVE_2026_9087_two_identities_are_never_made_one(siege: Siege, sub: str) -> None:
    """Keycloak: an account was linked to an identity that nobody had proved."""
    siege.liar.person["sub"] = sub
    siege.refused(siege.attack(), 502, "login_token_invalid", "sub")


@pytest.mark.parametrize("holder", [f"sub:{SUB}", f"hpr:{HPR}"])
def test_CVE_2026_1609_who_is_disabled_comes_in_no_more(siege_on_each: Siege, holder: str) -> None:
    """Keycloak: the grant asked whether the assertion held, not whether the user was enabled."""
    siege = siege_on_each
    visitor = siege.visitor()
    visitor.log_in()
    with siege.database.write() as session:
        assignments.disable(session, holder, "operator", siege.clock())
    assert not visitor.is_in(), "a session that is open ends at once"
    late = siege.visitor()
    siege.refused(late.log_in(), 403, "person_disabled")
    siege.nobody_came_in(late)


def test_CVE_2026_1486_who_is_disabled_while_the_login_is_under_way_does_not_come_in(lone_siege: Siege) -> None:
    """Keycloak: a provider that had been switched off was still good for what had begun before."""
    siege = lone_siege
    visitor = siege.visitor()
    brought = visitor.begin()
    with siege.database.write() as session:
        assignments.disable(session, f"sub:{SUB}", "operator", siege.clock())
    siege.refused(visitor.bring(brought), 403, "person_disabled")
    siege.nobody_came_in(visitor)


def test_CVE_2026_8922_a_session_that_was_ended_stays_ended(siege: Siege) -> None:
    """Keycloak: revocation by time (notBefore) was forgotten on one of the paths."""
    visitor = siege.visitor()
    visitor.log_in()
    session = visitor.session or ""
    visitor.ask("/logout", "POST", headers={"Origin": siege.origin})
    for path in ("/mine", "/kvitteringer", "/mine/okter", "/mine/kontor", "/go/demo-sso"):
        again = siege.visitor()
        again.cookies.set(SESSION, session, domain="127.0.0.1", path="/")
        assert own_page(siege, again.ask(path)) == "/login"


@pytest.mark.parametrize("level", ["3", "2"])
def test_GHSA_7qjx_gp9h_65qj_what_was_asked_for_is_no_proof_of_what_was_done(siege: Siege, level: str) -> None:
    """dex: an allow-list was asked on one path and not on another."""
    siege.liar.claims |= {SECURITY_LEVEL: level, "acr": "Level4", "amr": ["mfa"], "idp": "bankid-oidc"}
    for path in ("/mine", "/go/demo-sso", "/k/x/", "/kvitteringer"):
        visitor = siege.visitor()
        siege.refused(visitor.log_in(path), 403, "security_level_too_low")
        siege.nobody_came_in(visitor)


INJECTED: list[Any] = [
    "';DROP/**/TABLE/**/login_session;--",
    "x'/**/OR/**/'1'='1",
    "%",
    "_" * 20,
    "\\",
    "${jndi:ldap://x}",
    "{{7*7}}",
]


@pytest.mark.parametrize("sub", INJECTED)
def test_GHSA_r9w3_57w2_gch2_what_a_signed_token_says_is_data(siege_on_each: Siege, sub: str) -> None:
    """Hydra: SQL in a value that came out of a signed token."""
    siege = siege_on_each
    other = siege.visitor()
    other.log_in()
    siege.liar.claims |= {"sub": sub, "sid": sub, "name": f"Kari {sub}"}
    siege.liar.person["sub"] = sub
    visitor = siege.visitor()
    visitor.log_in()
    listed = visitor.ask("/mine")
    assert listed.status_code == 200
    assert "Kari 49" not in listed.text
    visitor.ask("/logout", "POST", headers={"Origin": siege.origin})
    assert not visitor.is_in()
    assert other.is_in(), "the logout ends one session"
