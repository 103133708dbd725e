"""Tokens for other APIs: for whoever is signed in and for ourselves, bound to our key, one for each audience."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.helseid import ANNA
from support.staging import USER_APIS, living

from portal.domain import assertion_details
from portal.domain.identity import Organisation
from portal.errors import NotAllowed, UpstreamError
from portal.store import helseid_tokens
from portal.store.helseid_tokens import OURSELVES, Fetched
from portal.store.tables.sign_on import HelseIdTokenRow
from portal.web import on_behalf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser

KJERNEJOURNAL, MELDE = USER_APIS


@pytest.fixture
def calling(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A portal that calls two APIs for its users."""
    apis = {audience: " ".join(scopes) for audience, scopes in USER_APIS.items()}
    with living(database_url, tmp_path, helseid_user_apis=apis) as world:
        yield world


@contextmanager
def signed_in(world: World, browser: Browser) -> Iterator[None]:
    """As in a view, behind the cookie that the browser has."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    with world.app.test_request_context("/mine", headers={"Cookie": cookies}):
        yield


def claims(world: World, token: str) -> dict[str, Any]:
    said = world.provider.key.read(token, "at+jwt")
    assert said
    return said


def test_each_api_gets_a_token_that_is_for_it_alone(calling: World) -> None:
    browser = calling.browser()
    calling.log_in(browser, ANNA)
    with signed_in(calling, browser):
        tokens = {audience: on_behalf.access_token(audience) for audience in (KJERNEJOURNAL, MELDE)}
        assert on_behalf.access_token(KJERNEJOURNAL) == tokens[KJERNEJOURNAL]
    for audience, token in tokens.items():
        said = claims(calling, token)
        assert (said["aud"], said["sub"]) == (audience, ANNA.sub)
        assert set(USER_APIS[audience]) <= set(said["scope"])
        assert said["cnf"]["jkt"] == calling.app.extensions["portal"].helseid.client.jkt


def test_workers_that_ask_at_once_refresh_once(calling: World) -> None:
    browser = calling.browser()
    calling.log_in(browser, ANNA)

    def ask(_: int) -> str:
        with signed_in(calling, browser):
            return on_behalf.access_token(KJERNEJOURNAL)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1
    calling.clock.ahead += timedelta(minutes=10)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1


def test_a_token_for_one_office_is_not_used_for_another(calling: World) -> None:
    browser = calling.browser()
    calling.log_in(browser, ANNA)
    offices = [Organisation("999977774", "999977775"), Organisation("313325016")]
    with signed_in(calling, browser):
        tokens = [on_behalf.access_token(MELDE, assertion_details.multi_tenant(office)) for office in offices]
        plain = on_behalf.access_token(MELDE)
    parents = [claims(calling, token).get("helseid://claims/client/claims/orgnr_parent") for token in tokens]
    assert parents == ["999977774", "313325016"]
    assert len({*tokens, plain}) == 3


def test_a_login_that_helseid_gives_no_more_tokens_for_is_to_log_in_again(calling: World) -> None:
    browser = calling.browser()
    calling.log_in(browser, ANNA)
    calling.provider.memory.forget()
    with signed_in(calling, browser), pytest.raises(NotAllowed) as caught:
        on_behalf.access_token(MELDE)
    assert caught.value.code == "not_signed_in"


def test_logging_out_gives_the_refresh_token_back(calling: World) -> None:
    browser = calling.browser()
    page = calling.log_in(browser, ANNA)
    portal = calling.app.extensions["portal"]
    with calling.database.read() as session:
        held = helseid_tokens.renewal(session, portal.vault, calling.login_of(ANNA).key_hash)
    assert held
    (log_out,) = [form for form in page.tree.forms if form.action == "/logout" and "switch" not in form.fields]
    browser.submit(page, log_out)
    with pytest.raises(UpstreamError, match="invalid_grant"):
        portal.helseid.tokens.refresh(held["refresh_token"], MELDE)


def test_without_apis_no_refresh_token_is_asked_for(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    with world.database.read() as session:
        assert list(session.scalars(select(HelseIdTokenRow))) == []
    with signed_in(world, browser), pytest.raises(NotAllowed):
        on_behalf.access_token(MELDE)


def test_ourselves_get_a_token_for_the_office_that_we_act_for(world: World) -> None:
    portal = world.app.extensions["portal"]
    (scope,) = USER_APIS[MELDE]
    details = assertion_details.multi_tenant(Organisation("999977774", "999977775"))

    def fetch(renewal: Any) -> Fetched:
        assert renewal is None
        given = portal.helseid.tokens.client_credentials(scope, details=details)
        return Fetched(given["access_token"], given["expires_in"])

    until = world.clock() + timedelta(hours=1)
    tokens = {portal.tokens.token(OURSELVES, MELDE, until, fetch) for _ in range(3)}
    (token,) = tokens
    said = claims(world, token)
    assert said["aud"] == MELDE
    assert "sub" not in said
    assert said["helseid://claims/client/claims/orgnr_child"] == "999977775"
