"""One test per advisory: what is good once is good once, and nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.liar import PAR
from support.siege import another_process, own_page
from support.visitor import CALLBACK

from portal.store import one_time

if TYPE_CHECKING:
    import requests
    from support.siege import Siege
    from support.visitor import Visitor
pytestmark = pytest.mark.hostile


THREADS = 50


def _bring_at_once(siege: Siege, visitors: list[Visitor], brought: dict[str, str]) -> list[requests.Response]:
    cookies = visitors[0].jar().decode()
    target = f"{CALLBACK}?{urlencode(brought)}"
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda _: siege.visitor().ask(target, headers={"Cookie": cookies}), range(THREADS)))


def test_CVE_2026_1035_fifty_at_once_with_one_state_redeem_one_code(siege_on_each: Siege) -> None:
    """Keycloak: between the look and the use there was room for a second one."""
    siege = siege_on_each
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.visitor().log_in()  # metadata and keys are known, so that all fifty meet at the state
    calls = siege.token_calls()
    answers = _bring_at_once(siege, [visitor], brought)
    assert siege.token_calls() - calls == 2  # one code: without the server's nonce, and with it
    assert sorted(answer.status_code for answer in answers) == [303, *[400] * (THREADS - 1)]
    assert siege.audited().count("ok") == 2


def test_CVE_2026_9802_a_state_that_was_used_stays_used_after_a_restart(siege_on_each: Siege) -> None:
    """Keycloak: used values were remembered in memory."""
    siege = siege_on_each
    visitor = siege.visitor()
    used, unused = visitor.begin(), visitor.begin()
    sent = {"Cookie": visitor.jar().decode(), "Host": siege.settings.host}
    visitor.bring(used)
    calls = siege.token_calls()
    with another_process(siege.settings, siege.clock) as restarted:
        browser = restarted.test_client(use_cookies=False)
        assert browser.get(f"{CALLBACK}?{urlencode(used)}", headers=sent).status_code == 400
        assert siege.token_calls() == calls
        assert browser.get(f"{CALLBACK}?{urlencode(unused)}", headers=sent).status_code == 303
    assert siege.liar.faults == []


def test_CVE_2026_41707_a_flood_of_logins_evicts_none(lone_siege: Siege) -> None:
    """Spring: the cache of what was used had a size."""
    siege = lone_siege
    visitor, flooder = siege.visitor(), siege.visitor()
    brought = visitor.begin()
    used = visitor.begin()
    cookies = visitor.jar().decode()
    visitor.bring(used)
    until = siege.clock() + timedelta(minutes=10)
    with siege.database.write() as session:
        for number in range(2_000):
            one_time.put(session, "login", f"flood-{number}", payload=b"", expires_at=until, keep_until=until)
    for _ in range(20):
        flooder.begin()
    replayed = siege.visitor().ask(f"{CALLBACK}?{urlencode(used)}", headers={"Cookie": cookies})
    siege.refused(replayed, 400, "login_state_unknown")
    assert own_page(siege, visitor.bring(brought)) == "/mine"


@pytest.mark.parametrize("kind", ["logout", "start", "pending", "launch", "request_uri", "code", "dpop", "Login", ""])
def test_CVE_2026_4282_a_value_of_another_kind_is_no_state(siege: Siege, kind: str) -> None:
    """Keycloak: one store for all that is used once, without namespaces."""
    until = siege.clock() + timedelta(minutes=10)
    sealed = siege.app.extensions["portal"].vault.seal({"nonce": "n", "verifier": "v" * 43, "next": "/mine"}, kind)
    visitor = siege.visitor()
    brought = visitor.begin()
    with siege.database.write() as session:
        for client in ("", _bound_to(visitor)):
            one_time.put(session, kind, "forged", client=client, payload=sealed, expires_at=until, keep_until=until)
    siege.refused(visitor.bring(brought | {"state": "forged"}), 400, "login_state_unknown")
    assert siege.token_calls() == 0


def _bound_to(visitor: Visitor) -> str:
    return next(cookie.value or "" for cookie in visitor.cookies if cookie.name.startswith("portal-login-"))


def test_CVE_2026_68079_a_code_that_was_redeemed_is_not_redeemed_again(siege: Siege) -> None:
    """CXF: a captured code was good for ever."""
    visitor = siege.visitor()
    first = visitor.begin()
    visitor.bring(first)
    other = siege.visitor()
    siege.refused(other.bring(other.begin() | {"code": first["code"]}), 502, "login_not_completed")
    siege.nobody_came_in(other)


def test_CVE_2026_16089_a_code_of_somebody_else_is_not_ours_to_redeem(siege: Siege) -> None:
    """Keycloak: a code could be retargeted to another client's session."""
    victim, attacker = siege.visitor(), siege.visitor()
    stolen = victim.begin()["code"]
    siege.refused(attacker.bring(attacker.begin() | {"code": stolen}), 502, "login_not_completed")
    siege.nobody_came_in(attacker)


def test_CVE_2026_96446_every_login_pushes_anew_also_with_prompt_none(siege: Siege) -> None:
    """Keycloak: `prompt=none` went a way on which the request_uri was not used up."""
    visitor = siege.visitor()
    addresses = {visitor.leave_for_helseid(**more) for more in ({}, {"prompt": "none"}, {"prompt": "login"})}
    assert len(addresses) == siege.liar.count(PAR) == 3
    assert all("prompt" not in asked.form for asked in siege.liar.asked_for(PAR))
