"""One test per advisory: an answer of HelseID counts only in the browser that asked, and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.forge import by_hand
from support.liar import MISSING, SUB
from support.visitor import CALLBACK, SESSION

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile


def test_CVE_2025_68158_a_state_that_the_attacker_got_is_worth_nothing_elsewhere(siege: Siege) -> None:
    """Authlib: state was looked up in a cache, whoever brought it."""
    attacker, victim = siege.visitor(), siege.visitor()
    siege.refused(victim.bring(attacker.begin()), 400, "login_state_unknown")
    siege.nobody_came_in(victim)
    assert siege.token_calls() == 0


def test_CVE_2026_41425_nor_in_a_browser_with_a_login_of_its_own_under_way(siege: Siege) -> None:
    """Authlib: the same in its other integrations."""
    attacker, victim = siege.visitor(), siege.visitor()
    own = victim.begin()
    siege.refused(victim.bring(attacker.begin()), 400, "login_state_unknown")
    siege.refused(victim.bring(attacker.begin() | {"state": own["state"]}), 502, "login_not_completed")
    siege.nobody_came_in(victim)


def test_CVE_2026_134799_nor_does_it_replace_who_is_in_already(siege: Siege) -> None:
    """ByteStash: a withheld callback logged the victim in to the attacker's account."""
    victim, attacker = siege.visitor(), siege.visitor()
    victim.log_in()
    session = victim.session
    siege.liar.claims["name"] = "Attila Angriper"
    assert SESSION not in victim.bring(attacker.begin()).headers.get("Set-Cookie", "")
    assert victim.session == session
    assert "Attila" not in victim.ask("/mine").text


def test_CVE_2026_54599_a_state_is_looked_at_before_the_code(siege: Siege) -> None:
    """Wallos: state was never validated."""
    visitor = siege.visitor()
    brought = visitor.begin()
    for state in ("", "0", "null", brought["state"][:-1], brought["state"] + "x", brought["state"].swapcase()):
        assert visitor.bring(brought | {"state": state}).status_code == 400
    assert siege.token_calls() == 0
    visitor.bring(brought)
    assert visitor.is_in()


@pytest.mark.parametrize("name", [b"Cookie", b"cookie", b"COOKIE"])
def test_CVE_2026_66883_the_binding_does_not_depend_on_the_spelling_of_a_header(siege: Siege, name: bytes) -> None:
    """Oidcc.Plug: a case-sensitive header lookup made the binding inert."""
    owner, other = siege.visitor(), siege.visitor()
    target = f"{CALLBACK}?{urlencode(owner.begin())}".encode()
    siege.refused(other.shout(target, name + b": portal-login-x=y"), 400, "login_state_unknown")
    cookies = owner.jar()
    owner.cookies.clear()
    assert owner.shout(target, name + b": " + cookies).status_code == 303


def test_CVE_2026_66884_a_callback_without_cookie_or_without_state_is_refused(siege: Siege) -> None:
    """Oidcc.Plug: no session, or no state, was taken for a match."""
    visitor = siege.visitor()
    brought = visitor.begin()
    cookies = [(cookie.name, cookie.value or "") for cookie in visitor.cookies]
    stateless = {name: value for name, value in brought.items() if name != "state"}
    siege.refused(visitor.bring(stateless), 400, "login_response_malformed")
    for emptied in ("", "; ".join(f"{name}=" for name, _ in cookies), "; ".join(name for name, _ in cookies)):
        visitor.cookies.clear()
        answer = visitor.ask(f"{CALLBACK}?{urlencode(brought)}", headers={"Cookie": emptied})
        siege.refused(answer, 400, "login_state_unknown")
    assert siege.token_calls() == 0


def test_CVE_2022_39222_whoever_logs_in_by_the_attacker_s_address_gives_the_attacker_nothing(siege: Siege) -> None:
    """dex: the attacker's flow, the victim's login, and the code within the attacker's reach."""
    attacker, victim = siege.visitor(), siege.visitor()
    brought = siege.liar.log_in(attacker.leave_for_helseid())
    siege.refused(victim.bring(brought), 400, "login_state_unknown")
    siege.nobody_came_in(victim)
    siege.refused(attacker.bring(brought | {"code": "guessed"}), 502, "login_not_completed")
    siege.refused(attacker.bring(brought), 400, "login_state_unknown")
    siege.nobody_came_in(attacker)


@pytest.mark.parametrize("nonce", [MISSING, None])
def test_CVE_2026_15612_a_nonce_that_is_absent_is_no_match(siege: Siege, nonce: Any) -> None:
    """Logto: the check was skipped when the id token had none."""
    siege.liar.claims["nonce"] = nonce
    siege.refused(siege.attack(), 502, "login_token_invalid", "nonce")


def test_CVE_2026_42206_an_id_token_from_another_login_is_no_match(siege: Siege) -> None:
    """Roadiz: the nonce was sent and never looked at again."""
    stolen = by_hand({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}, siege.liar.true_claims("the nonce of another"))
    siege.liar.tokens["id_token"] = stolen
    siege.refused(siege.attack(), 502, "login_token_invalid", "nonce")


def test_CVE_2026_104759_every_nonce_fits_one_login_alone(siege: Siege) -> None:
    """WPO365: the comparison could never hold, and its failure was ignored."""
    visitor = siege.visitor()
    first, second = visitor.begin(), visitor.begin()
    nonces = [asked.form["nonce"] for asked in siege.liar.asked_for("/connect/par")]
    siege.liar.claims["nonce"] = nonces[1]
    siege.refused(visitor.bring(first), 502, "login_token_invalid", "nonce")
    visitor.bring(second)
    assert visitor.is_in()


@pytest.mark.parametrize("claim", [False, "false", 0, None])
def test_CVE_2026_114617_an_id_token_does_not_decide_that_it_needs_no_nonce(siege: Siege, claim: Any) -> None:
    """Authlib: `nonce_supported: false` in the very token that was to be checked."""
    siege.liar.claims |= {"nonce_supported": claim, "nonce": MISSING}
    siege.refused(siege.attack(), 502, "login_token_invalid", "nonce")


def test_CVE_2026_77995_a_cookie_that_names_an_account_is_no_session(siege: Siege) -> None:
    """miniOrange: a cookie's value chose who one was."""
    siege.visitor().log_in()
    for value in (SUB, f'{{"sub":"{SUB}"}}', "1", "admin", "565501872", "0" * 64, "%00", "None"):
        visitor = siege.visitor()
        for name in (SESSION, "session", "portal-login-x", "remember_token", "__Host-portal-session"):
            visitor.cookies.set(name, value, domain="127.0.0.1", path="/")
        assert not visitor.is_in()


@pytest.mark.parametrize("name", ["code", "state", "iss", "error", "session_state"])
def test_CVE_2026_9689_a_parameter_that_is_given_twice_is_refused(siege: Siege, name: str) -> None:
    """Keycloak: one reader took the first, another the last."""
    visitor = siege.visitor()
    brought = visitor.begin()
    for pair in ((brought.get(name, "x"), "evil"), ("evil", brought.get(name, "x"))):
        rest = [(other, value) for other, value in brought.items() if other != name]
        siege.refused(visitor.bring([(name, pair[0]), *rest, (name, pair[1])]), 400, "login_response_malformed")
    assert siege.token_calls() == 0
