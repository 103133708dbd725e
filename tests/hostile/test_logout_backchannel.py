"""POST /logout/backchannel: what a logout ends, once (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hostile.backchannel import PATH, say, signed_in
from sqlalchemy import text
from support.liar import JWKS, MISSING, SID
from support.siege import another_process

from portal.domain import jose

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def test_an_honest_logout_token_ends_the_session_and_is_audited(siege: Siege) -> None:
    visitor = signed_in(siege)
    answer = say(siege, siege.liar.logout_token())
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "", "no-store")
    assert "Set-Cookie" not in answer.headers
    assert not visitor.is_in()
    assert siege.audited("logout") == ["ok"]


def test_a_logout_token_counts_once(siege_on_each: Siege) -> None:
    siege = siege_on_each
    first, token = signed_in(siege), siege.liar.logout_token()
    assert say(siege, token).status_code == 200
    assert not first.is_in()
    second = signed_in(siege)
    assert say(siege, token).status_code == 400
    assert say(siege, siege.liar.logout_token(jti=_jti(token))).status_code == 400
    with another_process(siege.settings, siege.clock) as app:
        sent = {"data": {"logout_token": token}, "headers": {"Host": siege.settings.host}}
        assert app.test_client().post(PATH, **sent).status_code == 400
    assert second.is_in()


def _jti(token: str) -> str:
    return jose.peek(token).text("jti")


def test_twenty_of_the_same_at_once_count_once(siege_on_each: Siege) -> None:
    siege = siege_on_each
    visitor, token = signed_in(siege), siege.liar.logout_token()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: say(siege, token).status_code, range(20)))
    assert sorted(answers) == [200, *[400] * 19]
    assert not visitor.is_in()
    assert siege.audited("logout") == ["ok"]


def test_a_logout_that_failed_here_may_be_sent_again(siege: Siege) -> None:
    """§2.5: HelseID sends it once more when it "may have failed due to potentially recoverable errors"."""
    visitor, token = signed_in(siege), siege.liar.logout_token()
    _run(siege, "CREATE TRIGGER away BEFORE UPDATE OF ended_at ON login_session BEGIN SELECT RAISE(ABORT, 'away'); END")
    assert say(siege, token).status_code == 500
    assert visitor.is_in()
    _run(siege, "DROP TRIGGER away")
    assert say(siege, token).status_code == 200
    assert not visitor.is_in(), "the session outlives the logout that HelseID has repeated"


def _run(siege: Siege, statement: str) -> None:
    with siege.database.write() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"sid": "another", "sub": MISSING}, id="another session"),
        pytest.param({"sid": "another"}, id="another session of the same person"),
        pytest.param({"sub": "another"}, id="the same sid of another person"),
        pytest.param({"sub": "another", "sid": MISSING}, id="another person"),
        pytest.param({"sid": "%", "sub": MISSING}, id="a pattern"),
        pytest.param({"sid": SID.lower(), "sub": MISSING}, id="in lower case"),
        pytest.param({"sid": f"{SID} ", "sub": MISSING}, id="a space more"),
        pytest.param({"sid": "' OR 1=1 --", "sub": MISSING}, id="SQL"),
        pytest.param({"sid": "s" * 512, "sub": MISSING}, id="512 letters"),
        pytest.param({"sid": "a\0b", "sub": MISSING}, id="NUL"),
    ],
)
def test_a_logout_of_a_session_that_is_not_here_ends_no_other(siege_on_each: Siege, change: dict[str, Any]) -> None:
    siege = siege_on_each
    visitor = signed_in(siege)
    answer = say(siege, siege.liar.logout_token(**change))
    assert answer.status_code in {200, 400}, siege.lines.said[-2:]
    assert visitor.is_in()
    assert siege.audited("logout") == []


def test_a_logout_by_sub_alone_ends_every_session_of_that_person_and_of_nobody_else(siege: Siege) -> None:
    first, second = signed_in(siege), signed_in(siege)
    siege.liar.claims |= {"sub": "somebody-else"}
    siege.liar.person |= {"sub": "somebody-else"}
    other = signed_in(siege)
    assert say(siege, siege.liar.logout_token(sid=MISSING)).status_code == 200
    assert [first.is_in(), second.is_in(), other.is_in()] == [False, False, True]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_a_logout_token_is_posted_or_it_is_none(siege: Siege, method: str) -> None:
    visitor, token = signed_in(siege), siege.liar.logout_token()
    answer = siege.visitor().ask(f"{PATH}?logout_token={token}", method, data={"logout_token": token})
    assert answer.status_code in ({200} if method == "OPTIONS" else {405})
    assert visitor.is_in()


def test_a_flood_of_logout_tokens_asks_HelseID_for_keys_once_a_minute(lone_siege: Siege) -> None:
    siege = lone_siege
    visitor = signed_in(siege)
    siege.clock.ahead += timedelta(minutes=1)
    for number in range(20):
        token = siege.liar.logout_token({"kid": f"unknown-{number}"})
        assert say(siege, token).status_code == 400
    assert siege.liar.count(JWKS) == 2
    assert visitor.is_in()
