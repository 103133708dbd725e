"""facts/security §4.1: sessions that somebody else chose, that are over, or that two tabs begin at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.liar import HPR, MISSING, NAME, SUB
from support.siege import own_page
from support.visitor import CALLBACK, SESSION

from portal.domain.identity import HPR_DETAILS, HPR_NUMBER

if TYPE_CHECKING:
    from support.siege import Siege
    from support.visitor import Visitor

pytestmark = pytest.mark.hostile


def _with_session(siege: Siege, secret: str) -> Visitor:
    visitor = siege.visitor()
    visitor.cookies.set(SESSION, secret, domain="127.0.0.1", path="/")
    return visitor


@pytest.mark.parametrize("chosen", ["attackers-choice", "a" * 43, SUB, "../../x", '{"sub": "kari"}', "x" * 4_000])
def test_H017_a_session_that_the_attacker_chose_is_worth_nothing(siege: Siege, chosen: str) -> None:
    victim = _with_session(siege, chosen)
    assert not victim.is_in()
    victim.log_in()
    assert victim.session not in {None, chosen}
    assert victim.is_in()
    assert not _with_session(siege, chosen).is_in()


def test_H017_the_session_from_before_a_login_ends_with_it(siege: Siege) -> None:
    attacker = siege.visitor()
    attacker.log_in()
    planted = attacker.session or ""
    siege.liar.claims["sub"] = siege.liar.person["sub"] = "the-victim"
    victim = _with_session(siege, planted)
    victim.log_in()
    assert victim.session != planted
    assert victim.is_in()
    assert not attacker.is_in(), "what the attacker planted must not become the victim's session"


def test_H017_a_login_that_is_refused_leaves_the_session_from_before(siege: Siege) -> None:
    visitor = siege.visitor()
    visitor.log_in()
    session = visitor.session
    for change in ({"nonce": "another"}, {"exp": 1}, {"iss": "https://evil.example"}):
        siege.liar.claims = dict(change)
        assert siege.reason(visitor.log_in()) == "login_token_invalid"
    for brought in ({"code": "x"}, {"iss": "https://evil.example"}, {"error": "access_denied"}):
        assert SESSION not in visitor.bring(visitor.begin() | brought).headers.get("Set-Cookie", "")
    assert visitor.session == session
    assert visitor.is_in()


def test_H018_a_login_never_ends_where_the_next_one_begins(siege: Siege) -> None:
    """Worst is `/logout`: it says "Du er logget ut" to somebody who has just logged in, at a shared workstation."""
    ends = {path: own_page(siege, siege.visitor().log_in(path)) for path in ("/logout", "/login", CALLBACK)}
    assert set(ends.values()) == {"/mine"}, ends


@pytest.mark.parametrize(
    "details",
    [
        pytest.param(MISSING, id="no details"),
        pytest.param(None, id="null"),
        pytest.param({}, id="nothing in them"),
        pytest.param({"hpr_number": int(HPR), "approvals": []}, id="every approval revoked"),
        pytest.param({"hpr_number": int(HPR), "approvals": None}, id="approvals are null"),
        pytest.param(
            {"hpr_number": int(HPR), "approvals": [{"profession": "LE", "authorization": {"value": "3"}}]},
            id="a student's approval",
        ),
    ],
)
def test_H019_who_has_no_HPR_and_no_office_sees_what_is_for_all(siege: Siege, details: Any) -> None:
    """DESIGN, Login: a person without HPR may log in; decide() then sees none."""
    siege.liar.claims[HPR_NUMBER] = MISSING
    siege.liar.person[HPR_DETAILS] = details
    visitor = siege.visitor()
    assert own_page(siege, visitor.log_in()) == "/mine"
    listed = visitor.ask("/mine").text
    assert NAME in listed
    for hidden in ("demo-melding", "demo-sso", "Demooppslag"):
        assert hidden not in listed
    for service in ("demo-melding", "demo-sso"):
        opened = visitor.ask(f"/open/{service}", "POST", headers={"Origin": siege.origin})
        assert opened.status_code == 404, "what is hidden does not leak by its address either"
    assert visitor.ask("/mine/hvorfor?q=demooppslag").text.count("Demooppslag") == 0


def test_H021_Back_and_reload_keep_who_is_in_and_ask_HelseID_nothing(lone_siege: Siege) -> None:
    siege = lone_siege
    visitor = siege.visitor()
    brought = visitor.begin()
    visitor.bring(brought)
    session, asked = visitor.session, len(siege.liar.asked)
    for _ in range(3):
        assert own_page(siege, visitor.bring(brought)) == "/mine"
    assert (visitor.session, len(siege.liar.asked)) == (session, asked)
    assert visitor.is_in()
    siege.clock.ahead += timedelta(minutes=31)
    siege.refused(visitor.bring(brought), 400, "login_state_unknown")


def test_H022_two_tabs_that_log_in_at_once_end_in_one_session(siege: Siege) -> None:
    visitor = siege.visitor()
    first, second = visitor.begin("/mine"), visitor.begin("/kvitteringer")
    assert own_page(siege, visitor.bring(second)) == "/kvitteringer"
    earlier = visitor.session or ""
    assert own_page(siege, visitor.bring(first)) == "/mine"
    assert visitor.is_in()
    assert not _with_session(siege, earlier).is_in()
    left = [cookie.name for cookie in visitor.cookies if cookie.name.startswith("portal-login-")]
    assert left == [], "a login that has ended leaves no cookie"


def test_H022_a_code_does_not_fit_the_login_of_the_other_tab(siege: Siege) -> None:
    visitor = siege.visitor()
    first, second = visitor.begin(), visitor.begin()
    crossed = first | {"code": second["code"]}
    siege.refused(visitor.bring(crossed), 502, "login_not_completed", "token: invalid_grant")
    siege.nobody_came_in(visitor)
    visitor.bring(second)
    assert visitor.is_in(), "a code is not used up by a verifier that does not fit"


def test_H022_nine_tabs_do_not_shut_the_clinician_out(siege: Siege) -> None:
    visitor = siege.visitor()
    begun = [visitor.begin() for _ in range(12)]
    assert len([cookie for cookie in visitor.cookies if cookie.name.startswith("portal-login-")]) <= 9
    visitor.bring(begun[-1])
    assert visitor.is_in()
