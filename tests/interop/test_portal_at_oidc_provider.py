"""The whole portal logs a doctor in at somebody else's certified provider: nobody can say we only know ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.counterpart import log_in
from support.helseid import ANNA
from support.oidc_provider import OidcProvider
from support.raw_client import registration
from support.serving import served
from support.staging import settings_for

from portal.adapters import catalogue_file
from portal.app import create_app
from portal.demo.browser import Browser
from portal.demo.ports import free_port
from portal.store.publishing import publish

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.interop


def test_a_doctor_lands_on_her_list(sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with OidcProvider(registration("portal", redirect_uris=(f"{origin}/login/callback",))) as provider:
        changes = {"helseid_userinfo_scheme": "DPoP"}
        settings = settings_for(origin, provider.address, sqlite_url, tmp_path, changes)
        shipped = catalogue_file.read(request.config.rootpath / "link_catalog.yaml")
        publish(settings, shipped, by="test", based_on=None)
        app = create_app(settings)
        with served(app, port):
            (tmp_path / "pages").mkdir()
            browser = Browser(tmp_path / "pages")
            page = log_in(browser, browser.open(f"{origin}/mine"), ANNA)
        app.extensions["portal"].database.close()
    assert page.url == f"{origin}/mine"
    assert "Anna Fastlege" in page.text
    assert "Blåreseptsøknad" in page.text
