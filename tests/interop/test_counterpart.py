"""What the portal is tried against behaves the same, whoever wrote it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from support.counterpart import KINDS, confirm_logout, counterpart, is_login_page, walk
from support.helseid import ANNA, BO, CATO, DINA
from support.oidc_provider import OidcProvider
from support.raw_client import AFTER_LOGOUT, LOGIN, registration
from support.relying_party import API, API_SCOPE, client_of, log_in, visit

from portal.demo.browser import Browser, Hop
from portal.domain import jose
from portal.domain.identity import SECURITY_LEVEL
from portal.errors import SignInError, UpstreamError

if TYPE_CHECKING:
    from pathlib import Path

    from support.counterpart import Counterpart
    from support.loopback import Asked

    from portal.adapters.openid import OpenIdClient

pytestmark = pytest.mark.interop

STAY = f"{LOGIN} offline_access {API_SCOPE}"


def test_a_step_up_asks_again_and_stays_in_the_session(issuer: Counterpart, browser: Browser) -> None:
    low = log_in(browser, issuer, DINA, 3, scope=LOGIN)
    assert log_in(browser, issuer, None, scope=LOGIN, acr_values="Level3").silent
    high = log_in(browser, issuer, DINA, 4, scope=LOGIN, acr_values="Level4")
    assert (low.claims[SECURITY_LEVEL], high.claims[SECURITY_LEVEL], high.silent) == ("3", "4", False)
    assert low.claims["sid"] == high.claims["sid"]
    assert log_in(browser, issuer, None, scope=LOGIN, acr_values="Level4").claims[SECURITY_LEVEL] == "4"


def test_whoever_has_no_higher_level_logs_in_at_hers(issuer: Counterpart, browser: Browser) -> None:
    assert log_in(browser, issuer, CATO, scope=LOGIN, acr_values="Level4").claims[SECURITY_LEVEL] == "3"
    with pytest.raises(SignInError, match="login_required"):
        log_in(browser, issuer, CATO, scope=LOGIN, acr_values="Level4", prompt="none")


def test_a_cancelled_login_is_access_denied(issuer: Counterpart, browser: Browser) -> None:
    with pytest.raises(SignInError, match="login_denied"):
        log_in(browser, issuer, None, scope=LOGIN)


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
def test_a_login_that_is_asked_for_again_is_a_new_one(
    issuer: Counterpart, browser: Browser, asked: dict[str, Any]
) -> None:
    first = log_in(browser, issuer, ANNA, scope=LOGIN)
    time.sleep(1.1)
    again = log_in(browser, issuer, ANNA, scope=LOGIN, **asked)
    assert not again.silent
    assert again.claims["auth_time"] > first.claims["auth_time"]
    assert again.claims["sid"] == first.claims["sid"]


def test_a_restart_keeps_everything_or_nothing_but_the_keys(issuer: Counterpart, browser: Browser) -> None:
    before = log_in(browser, issuer, ANNA, scope=STAY, resource=API)
    issuer.restart()
    after = log_in(browser, issuer, None, scope=LOGIN)
    assert after.silent
    assert after.claims["sid"] == before.claims["sid"]
    refreshed = client_of(issuer).tokens.refresh(before.tokens["refresh_token"])
    issuer.restart(keep=False)
    assert not log_in(browser, issuer, ANNA, scope=LOGIN).silent
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client_of(issuer).tokens.refresh(refreshed["refresh_token"])
    assert key_id(before.tokens) in kids(issuer)


def test_nobody_answers_while_it_is_stopped(issuer: Counterpart, client: OpenIdClient) -> None:
    begun = client.begin({"scope": LOGIN})
    issuer.stop()
    with pytest.raises(UpstreamError, match="unreachable"):
        client.redeem("code", begun.verifier)
    issuer.start()
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client.redeem("code", begun.verifier)


def test_keys_rotate_with_an_overlap(issuer: Counterpart, browser: Browser) -> None:
    old = log_in(browser, issuer, ANNA, scope=LOGIN)
    issuer.rotate_keys()
    new = log_in(browser, issuer, None, scope=LOGIN)
    assert new.silent
    assert kids(issuer) == [key_id(new.tokens), key_id(old.tokens)]
    issuer.drop_old_keys()
    assert kids(issuer) == [key_id(new.tokens)]


def test_a_logout_by_the_client_comes_back_and_is_said_by_back_channel(
    issuer: Counterpart, client: OpenIdClient, browser: Browser, heard: list[Asked]
) -> None:
    came = log_in(browser, issuer, ANNA, scope=LOGIN)
    leaving = Hop("GET", client.end_session_url(came.tokens["id_token"], AFTER_LOGOUT, "the-state"))
    assert walk(browser, leaving, AFTER_LOGOUT).url == f"{AFTER_LOGOUT}?state=the-state"
    assert [client.logged_out(asked.form["logout_token"]).sid for asked in heard] == [came.claims["sid"]]
    assert not log_in(browser, issuer, ANNA, scope=LOGIN).silent


def test_a_logout_without_a_hint_is_asked_about(
    issuer: Counterpart, client: OpenIdClient, browser: Browser, heard: list[Asked]
) -> None:
    came = log_in(browser, issuer, ANNA, scope=LOGIN)
    asked = browser.open(client.metadata()["end_session_endpoint"])
    assert log_in(browser, issuer, None, scope=LOGIN).silent
    confirm_logout(browser, asked)
    assert [client.logged_out(asked.form["logout_token"]).sid for asked in heard] == [came.claims["sid"]]


def test_an_administrator_ends_every_session_of_a_person(
    issuer: Counterpart, client: OpenIdClient, tmp_path: Path, heard: list[Asked]
) -> None:
    browsers = [Browser(tmp_path) for _ in range(3)]
    sids = [
        log_in(browser, issuer, person, scope=LOGIN).claims["sid"]
        for browser, person in zip(browsers, (ANNA, ANNA, BO), strict=True)
    ]
    issuer.end_sessions(ANNA)
    told = {client.logged_out(asked.form["logout_token"]).sid for asked in heard}
    assert [sid in told for sid in sids] == [True, True, False]
    assert [log_in(browser, issuer, ANNA, scope=LOGIN).silent for browser in browsers[:2]] == [False, False]
    assert log_in(browsers[2], issuer, None, scope=LOGIN).silent


def test_another_person_ends_the_session_before(
    issuer: Counterpart, client: OpenIdClient, browser: Browser, heard: list[Asked]
) -> None:
    before = log_in(browser, issuer, ANNA, scope=LOGIN)
    after = log_in(browser, issuer, BO, scope=LOGIN, prompt="login")
    assert after.claims["sub"] == BO.sub
    assert [client.logged_out(asked.form["logout_token"]).sid for asked in heard] == [before.claims["sid"]]


def test_a_refresh_token_is_good_once_and_its_second_use_ends_the_family(
    issuer: Counterpart, client: OpenIdClient, browser: Browser
) -> None:
    first = log_in(browser, issuer, ANNA, scope=STAY, resource=API).tokens["refresh_token"]
    second = client.tokens.refresh(first)["refresh_token"]
    for old in (first, second):
        with pytest.raises(UpstreamError, match="invalid_grant"):
            client.tokens.refresh(old)


def test_a_revoked_refresh_token_is_worth_nothing(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    given = log_in(browser, issuer, ANNA, scope=STAY, resource=API).tokens["refresh_token"]
    client.tokens.revoke(given)
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client.tokens.refresh(given)


def test_a_refresh_token_outlives_the_session(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    given = log_in(browser, issuer, ANNA, scope=STAY, resource=API).tokens["refresh_token"]
    issuer.end_sessions(ANNA)
    assert not log_in(browser, issuer, ANNA, scope=LOGIN).silent
    assert client.tokens.refresh(given)["access_token"]


def test_a_token_is_for_one_audience(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    came = log_in(browser, issuer, DINA, 3, scope=STAY, resource=API)
    refreshed = client.tokens.refresh(came.tokens["refresh_token"], API)
    assert audience(refreshed) == API
    assert jose.peek(refreshed["id_token"]).claims[SECURITY_LEVEL] == "3"
    with pytest.raises(UpstreamError):
        client.tokens.refresh(refreshed["refresh_token"], "nhn:myhealth")


def test_a_client_gets_a_token_for_itself(client: OpenIdClient) -> None:
    tokens = client.tokens.client_credentials(API_SCOPE)
    assert audience(tokens) == API
    assert not tokens.keys() & {"id_token", "refresh_token"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_lives_as_long_as_it_was_told(kind: str) -> None:
    with counterpart(kind, registration("portal", apis={API: (API_SCOPE,)}), access_token_lifetime=7) as short:
        tokens = client_of(short).tokens.client_credentials(API_SCOPE)
    claims = jose.peek(tokens["access_token"]).claims
    assert (tokens["expires_in"], claims["exp"] - claims["iat"]) == (7, 7)


def test_a_token_may_be_opaque() -> None:
    with OidcProvider(registration("portal", apis={API: (API_SCOPE,)}), opaque=(API,)) as provider:
        assert "." not in client_of(provider).tokens.client_credentials(API_SCOPE)["access_token"]


def test_a_page_that_is_left_open_over_a_restart_still_works(
    issuer: Counterpart, client: OpenIdClient, browser: Browser
) -> None:
    begun = client.begin({"scope": LOGIN})
    assert is_login_page(browser.open(begun.url))
    issuer.restart()
    assert visit(browser, issuer, begun, ANNA).code


def key_id(tokens: dict[str, Any]) -> str:
    return str(jose.key_id_of(tokens["id_token"]))


def kids(issuer: Counterpart) -> list[str]:
    published = client_of(issuer).keys()
    return [key["kid"] for key in published]


def audience(tokens: dict[str, Any]) -> Any:
    return jose.peek(tokens["access_token"]).claims["aud"]
