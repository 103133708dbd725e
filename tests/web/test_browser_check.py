"""The page that tries a journal's embedded browser: what it finds, and what it tells the vendor to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html
from support.pages import compiled
from support.staging import settings_for

from portal.app import Edges, create_app
from portal.errors import ContextRejected, NotFound, PortalError, RequestRejected, SmartRejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ORIGIN = "http://portal.test"
# As the browsers send them; Edge's IE mode calls itself what Internet Explorer did.
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{0}.1 "
SAFARI += "Safari/605.1.15"
EDGEHTML = f"{AGENT.format(70)} Edge/18.17763"
IE_MODE = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
WEBVIEW2 = '"Not;A=Brand";v="99", "Microsoft Edge WebView2";v="131", "Chromium";v="131"'


class Visit:
    """A browser at the page of a portal that has no database at all; `now` and `zone` are the portal's."""

    def __init__(self, folder: Path) -> None:
        self.now, self.zone = datetime(2026, 11, 20, 22, 59, tzinfo=UTC), "internett"
        settings = settings_for(ORIGIN, ORIGIN, f"sqlite:///{folder}/none.db", folder, {})
        self.app: Flask = create_app(settings, Edges(now=lambda: self.now, zone_of=lambda _: self.zone))
        self.app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compiled(folder))
        self.browser = self.client()

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def answer(self, query: str = "", **headers: str) -> TestResponse:
        """Where the page comes to rest."""
        return self.browser.get(f"/nettlesertest{query}", base_url=ORIGIN, headers=headers, follow_redirects=True)

    def rows(self, **headers: str) -> dict[str, tuple[str, str]]:
        """What stands of each row before any script: its mark, and what is said."""
        tree: Any = html.document_fromstring(self.answer(**headers).text)
        shown = tree.xpath("//*[@data-row][not(@hidden)]")
        return {row.get("data-row"): (row.get("data-mark"), " ".join(row.text_content().split())) for row in shown}

    def line(self, **headers: str) -> str:
        """What is there to copy."""
        tree: Any = html.document_fromstring(self.answer(**headers).text)
        return str(tree.xpath("//textarea")[0].text)

    def close_browser(self) -> None:
        """What ends with the browser is gone; a lasting cookie stays."""
        self.browser.delete_cookie("portal-probe", domain="portal.test")


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    made = Visit(tmp_path)
    yield made
    made.app.extensions["portal"].database.close()


def test_a_browser_that_keeps_cookies_is_told_so(visit: Visit) -> None:
    assert visit.rows()["cookies"][0] == "ok"
    assert visit.answer().request.path == "/nettlesertest"


def test_a_browser_that_keeps_none_is_told_what_to_do(visit: Visit) -> None:
    visit.browser = visit.app.test_client(use_cookies=False)
    rows = visit.rows()
    assert rows["cookies"][0] == "bad"
    assert "Be leverandøren tillate informasjonskapsler" in rows["cookies"][1]
    assert rows["profile"][0] == "unknown"


def test_its_cookies_hold_a_day_and_nothing_else(visit: Visit) -> None:
    visit.now += timedelta(minutes=2)
    visit.answer()
    day, probe = (visit.browser.get_cookie(f"portal-{name}", domain="portal.test") for name in ("first-seen", "probe"))
    assert day
    assert probe
    assert (day.value, day.max_age) == ("2026-11-21", 30 * 24 * 3600)
    assert (probe.value, probe.max_age) == ("1", None)
    assert all((one.http_only, one.same_site, one.path) == (True, "Lax", "/") for one in (day, probe))


def test_a_profile_is_known_to_last_once_the_browser_was_closed(visit: Visit) -> None:
    assert visit.rows()["profile"][0] == "unknown"
    assert visit.rows()["profile"][0] == "unknown"
    visit.close_browser()
    assert visit.rows()["profile"][0] == "ok"


def test_a_profile_that_was_here_on_another_day_lasts(visit: Visit) -> None:
    assert visit.rows()["profile"][0] == "unknown"
    visit.now += timedelta(minutes=2)
    mark, text = visit.rows()["profile"]
    assert (mark, "20.11.2026" in text) == ("ok", True)


@pytest.mark.parametrize("junk", ["", "x", "2026-13-40", "\u0661", "9" * 400])
def test_a_day_that_is_none_begins_anew(visit: Visit, junk: str) -> None:
    visit.browser.set_cookie("portal-first-seen", junk, domain="portal.test")
    assert visit.answer().status_code == 200
    cookie = visit.browser.get_cookie("portal-first-seen", domain="portal.test")
    assert cookie is not None
    assert cookie.value == "2026-11-20"


@pytest.mark.parametrize(("zone", "said"), [("helsenett", "Du er på helsenettet"), ("internett", "Du er på internett")])
def test_it_says_which_network(visit: Visit, zone: str, said: str) -> None:
    visit.zone = zone
    assert said in visit.rows()["zone"][1]
    assert f"zone={zone}" in visit.line()


@pytest.mark.parametrize(
    ("agent", "mark", "engine"),
    [
        (AGENT.format(105), "ok", "Chromium/105"),
        (AGENT.format(104), "bad", "Chromium/104"),
        (f"{AGENT.format(131)} Edg/131.0.0.0", "ok", "Edge/131"),
        (f"{AGENT.format(98)} Edg/98.0.0.0", "bad", "Edge/98"),
        (FIREFOX.format(121), "ok", "Firefox/121"),
        (FIREFOX.format(115), "bad", "Firefox/115"),
        (SAFARI.format(16), "ok", "Safari/16"),
        (SAFARI.format(15), "bad", "Safari/15"),
        (EDGEHTML, "bad", "Edge-(EdgeHTML)/18"),
        (IE_MODE, "bad", "Internet-Explorer/11"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", "bad", "Internet-Explorer/8"),
        ("JournalBrowser <1>", "unknown", "unknown"),
        ("", "unknown", "unknown"),
        ("Trident/" * 4000, "unknown", "unknown"),
    ],
)
def test_it_knows_the_engine_and_whether_it_is_too_old(visit: Visit, agent: str, mark: str, engine: str) -> None:
    assert visit.rows(**{"User-Agent": agent})["engine"][0] == mark
    assert f" engine={engine} " in visit.line(**{"User-Agent": agent})


def test_it_tells_webview2_from_edge_by_its_brand(visit: Visit) -> None:
    agent = {"User-Agent": f"{AGENT.format(131)} Edg/131.0.0.0", "Sec-CH-UA": WEBVIEW2}
    assert "Edge WebView2 131" in visit.rows(**agent)["engine"][1]
    assert " engine=Edge-WebView2/131 " in visit.line(**agent)


def test_ie_mode_is_refused_with_what_to_change_to(visit: Visit) -> None:
    assert "bytte til WebView2" in visit.rows(**{"User-Agent": IE_MODE})["engine"][1]


def test_without_script_it_says_what_could_not_be_tried(visit: Visit) -> None:
    rows = visit.rows()
    assert [rows[name][0] for name in ("script", "clock", "window")] == ["bad", "unknown", "unknown"]


def test_the_line_to_copy_says_it_all_and_nothing_of_anybody(visit: Visit) -> None:
    assert visit.line(**{"User-Agent": AGENT.format(131)}) == (
        "nettlesertest 2026-11-20T22:59Z cookies=ok profile=unknown zone=internett engine=Chromium/131 "
        "script=bad clock=unknown window=unknown"
    )


@pytest.mark.parametrize("lang", ["nb", "nn", "en"])
def test_it_keeps_the_language_that_was_asked_for(visit: Visit, lang: str) -> None:
    assert f'<html lang="{lang}"' in visit.answer(f"?lang={lang}").text


def test_a_language_that_is_none_is_not_repeated(visit: Visit) -> None:
    left = visit.browser.get("/nettlesertest?lang=31817541278", base_url=ORIGIN)
    assert left.headers["Location"] == "/nettlesertest?prove=1"


@pytest.mark.parametrize(
    ("error", "linked", "told"),
    [
        (ContextRejected("epj_unknown", "client_id"), True, "epj_unknown: client_id"),
        (SmartRejected("smart_token_invalid", "no id_token"), True, "smart_token_invalid: no id_token"),
        (ContextRejected("start_expired"), True, "start_expired"),
        (NotFound("context_unknown", "ended"), True, None),
        (NotFound("page_unknown"), False, None),
        (RequestRejected("bad_request", "NUL"), False, None),
    ],
    ids=lambda value: value.code if isinstance(value, PortalError) else "",
)
def test_errors_of_a_context_lead_here_and_say_to_the_vendor_what_is_wrong(
    visit: Visit, error: PortalError, told: str | None, *, linked: bool
) -> None:
    def refuse() -> str:
        raise error

    visit.app.add_url_rule("/refused", view_func=refuse)
    answer = visit.browser.get("/refused", base_url=ORIGIN)
    page: Any = html.document_fromstring(answer.text)
    assert answer.status_code == error.status
    assert bool(page.xpath("//main//a[@href='/nettlesertest']")) is linked
    for_vendor = [" ".join(one.text_content().split()) for one in page.xpath("//details//*[@lang='en']")]
    assert for_vendor == ([told] if told else [])
