"""A session, from its beginning to its end: how long it lives, who ends it, and what ends with it."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import answered
from support.helseid import ANNA, BO
from support.keys import rsa, signed

from portal.demo.browser import Hop
from portal.store import assignments, endings, logins

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Browser, Page

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def is_signed_in(world: World, browser: Browser) -> bool:
    return browser.step(Hop("GET", f"{world.origin}/kvitteringer")).status == 200


def state(world: World, browser: Browser, method: str = "GET") -> dict[str, int]:
    """What the page's script hears; nothing when the session is over."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    headers = {"Cookie": cookies, "Accept": "application/json", "Origin": world.origin}
    answer = world.egress.send(method, f"{world.origin}/mine/okt", headers=headers)
    found: dict[str, int] = answer.json() if answer.status == 200 else {}
    return found


def test_a_page_says_how_long_the_session_lives(world: World) -> None:
    browser = world.browser()
    page = world.log_in(browser, ANNA)
    (dialog,) = page.tree.xpath("//dialog[@id='okt']")
    assert 1795 <= int(dialog.get("data-idle")) <= 1800
    assert 35990 <= int(dialog.get("data-ends")) <= 36000


def test_a_session_is_named_by_256_random_bits_in_its_cookie_and_nowhere_else(world: World) -> None:
    secrets = set()
    for _ in range(3):
        browser = world.browser()
        page = world.log_in(browser, ANNA, "/mine/okter")
        (cookie,) = [cookie for cookie in browser.cookies if cookie.name == "portal-session"]
        assert cookie.value
        assert len(urlsafe_b64decode(f"{cookie.value}=")) == 32
        assert cookie.value not in page.response.text + page.url
        assert all(len(f"{one.name}={one.value}") < 4096 for one in browser.cookies)
        secrets.add(cookie.value)
    assert len(secrets) == 3


def test_asking_how_long_is_no_activity_and_pressing_continue_is(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    for minutes in (10, 10, 8):
        world.clock.ahead += timedelta(minutes=minutes)
        left = state(world, browser)
    assert 110 <= left["idle"] <= 120
    assert 1795 <= state(world, browser, "POST")["idle"] <= 1800
    world.clock.ahead += timedelta(minutes=29)
    assert is_signed_in(world, browser)


def test_without_script_the_same_button_leads_back_to_the_page(world: World) -> None:
    browser = world.browser()
    page = world.log_in(browser, ANNA, "/kvitteringer")
    assert browser.submit(page, page.form("/mine/okt")).url == f"{world.origin}/kvitteringer"


def test_no_activity_takes_a_session_past_its_longest_life(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    for _ in range(29):
        world.clock.ahead += timedelta(minutes=20)
        assert state(world, browser, "POST")
    assert 0 < state(world, browser)["ends"] <= 1200
    world.clock.ahead += timedelta(minutes=20)
    assert state(world, browser) == {}


def test_a_page_that_was_left_alone_ends_where_it_says_so(world: World) -> None:
    page = world.browser().open(f"{world.origin}/logout?utlopt")
    assert "Økten var ikke i bruk" in page.text


def test_a_forgotten_session_is_ended_from_another_machine(world: World) -> None:
    forgotten, here = world.browser(), world.browser()
    world.log_in(forgotten, ANNA)
    page = world.log_in(here, ANNA, "/mine/okter")
    assert page.text.count("Logget inn kl.") == 2
    (end,) = [form for form in page.tree.forms if "/mine/okter/" in (form.action or "")]
    page = here.submit(page, end)
    assert page.text.count("Logget inn kl.") == 1
    assert not is_signed_in(world, forgotten)
    assert is_signed_in(world, here)


def test_nobody_ends_another_person_s_session(world: World) -> None:
    anna, bo = world.browser(), world.browser()
    world.log_in(anna, ANNA)
    page = world.log_in(bo, BO, "/mine/okter")
    assert not [form for form in page.tree.forms if "/mine/okter/" in (form.action or "")]
    handle = logins.handle_of(world.login_of(ANNA).key_hash)
    assert bo.step(Hop("POST", f"{world.origin}/mine/okter/{handle}", {}, world.origin)).status == 404
    assert is_signed_in(world, anna)


def test_tabs_that_log_in_at_once_do_not_disturb_each_other(world: World) -> None:
    browser = world.browser()
    asked = [browser.open(f"{world.origin}{path}") for path in ("/mine", "/kvitteringer", "/mine/okter")]
    ends = [browser.submit(page, page.form(), person=ANNA.sub).url for page in reversed(asked)]
    assert ends == [f"{world.origin}{path}" for path in ("/mine/okter", "/kvitteringer", "/mine")]
    assert is_signed_in(world, browser)
    assert not [cookie.name for cookie in browser.cookies if "login-" in cookie.name]


def test_a_hundred_abandoned_logins_do_not_fill_the_browser(world: World) -> None:
    browser = world.browser()
    for _ in range(20):
        browser.step(Hop("GET", f"{world.origin}/login"))
    assert len([cookie for cookie in browser.cookies if "login-" in cookie.name]) <= 9
    world.log_in(browser, ANNA)
    assert is_signed_in(world, browser)


@pytest.mark.parametrize("holder", [f"sub:{ANNA.sub}", f"hpr:{ANNA.hpr_number}"])
def test_a_disabled_person_is_out_at_the_next_click_and_stays_out(world: World, holder: str) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    with world.database.write() as session:
        assignments.disable(session, holder, "kari", world.clock())
        endings.of_person(session, holder, world.clock())
    assert not is_signed_in(world, browser)
    page = browser.open(f"{world.origin}/mine")
    assert page.status == 403
    assert "stengt tilgangen" in page.text
    opened = world.call("POST", "/api/session/create", world.epj_token(ANNA), {})
    assert (opened.status, opened.json()["code"]) == (403, "person_disabled")


def test_a_higher_login_leaves_what_was_launched_alone(world: World) -> None:
    browser = world.browser()
    listed = world.open_patient(browser, ANNA)
    handle = world.handle(browser, listed)
    pushed, _ = world.push("demo-melding", handle)
    browser.open(f"{world.origin}/login?level=4")
    answer = world.authorize(browser, "demo-melding", pushed.json()["request_uri"])
    assert answered(answer)["code"]


class Frontchannel:
    """What HelseID's page shows in a frame: no cookie of ours comes along."""

    def __init__(self, world: World) -> None:
        self.world = world

    def says(self, **query: str) -> Page:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return self.world.browser().step(Hop("GET", f"{self.world.origin}/logout/frontchannel?{asked}"))


def test_the_frame_of_helseid_ends_a_session_without_a_cookie(world: World) -> None:
    browser, frame = world.browser(), Frontchannel(world)
    world.log_in(browser, ANNA)
    sid = world.login_of(ANNA).sid
    answers = [frame.says(iss="https://evil.example", sid=sid), frame.says(iss=world.provider.issuer, sid="unknown")]
    assert is_signed_in(world, browser)
    answers.append(frame.says(iss=world.provider.issuer, sid=sid))
    assert not is_signed_in(world, browser)
    assert {(one.status, one.response.content) for one in answers} == {(200, b"")}
    assert f"frame-ancestors {world.provider.issuer}" in answers[0].response.headers["Content-Security-Policy"]


def logout_token(world: World, **claims: Any) -> str:
    now = int(world.clock().timestamp())
    said = {
        "iss": world.provider.issuer,
        "aud": "portal",
        "iat": now,
        "exp": now + 120,
        "jti": "j-1",
        "events": {EVENT: {}},
    }
    return world.provider.key.sign(said | claims, "logout+jwt")


def backchannel(world: World, token: str) -> int:
    return world.egress.send("POST", f"{world.origin}/logout/backchannel", data={"logout_token": token}).status


def test_the_server_of_helseid_ends_a_session_once(world: World) -> None:
    anna, elsewhere, bo = world.browser(), world.browser(), world.browser()
    world.log_in(anna, ANNA)
    sid = world.login_of(ANNA).sid
    world.log_in(elsewhere, ANNA)
    world.log_in(bo, BO)
    token = logout_token(world, sid=sid)
    assert [backchannel(world, token) for _ in range(2)] == [200, 400]
    assert [is_signed_in(world, browser) for browser in (anna, elsewhere, bo)] == [False, True, True]
    assert backchannel(world, logout_token(world, sub=ANNA.sub, jti="j-2")) == 200
    assert [is_signed_in(world, browser) for browser in (elsewhere, bo)] == [False, True]


def test_a_session_that_is_not_here_is_no_error_and_an_unsound_token_is(world: World) -> None:
    assert backchannel(world, logout_token(world, sid="nobody")) == 200
    assert backchannel(world, logout_token(world, sid="nobody", nonce="n", jti="j-2")) == 400
    assert backchannel(world, signed({"alg": "RS256", "kid": "x"}, {}, rsa().private)) == 400
    assert backchannel(world, "") == 400


def test_logging_out_works_while_helseid_is_down(world: World) -> None:
    browser = world.browser()
    page = world.log_in(browser, ANNA)
    (log_out,) = [form for form in page.tree.forms if form.action == "/logout" and "switch" not in form.fields]
    with world.app_with(helseid_issuer="http://127.0.0.1:9") as client:
        cookie = next(cookie.value for cookie in browser.cookies if cookie.name == "portal-session")
        client.set_cookie("portal-session", cookie or "", domain="127.0.0.1")
        headers = {"Host": world.settings.host, "Origin": world.origin}
        answer = client.post(log_out.action, headers=headers)
    assert answer.status_code == 200
    assert "fortsatt være innlogget" in answer.text
    assert not is_signed_in(world, browser)
