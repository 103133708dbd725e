"""One test per advisory: what stands in pages, logs and addresses around the login."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from support.liar import FNR, PAR
from support.loopback import Says
from support.visitor import SESSION

from portal.domain.identity import HPR_DETAILS

if TYPE_CHECKING:
    from requests import Response
    from support.siege import Siege
pytestmark = pytest.mark.hostile


MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7}'


def _is_harmless(answer: Response) -> None:
    assert "<script>alert" not in answer.text
    assert "onerror=alert(2)>" not in answer.text
    assert "49" not in answer.text.partition("<main")[2].partition("Feilreferanse")[0]
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["error", "error_description", "error_uri", "state", "code", "iss", "session_state"])
def test_CVE_2022_4361_nothing_of_the_callback_is_repeated(siege: Siege, name: str) -> None:
    """Keycloak: a parameter came back as part of the page."""
    visitor = siege.visitor()
    answer = visitor.bring(visitor.begin() | {name: MARKUP})
    _is_harmless(answer)
    assert "onerror" not in answer.text + str(answer.headers) + "".join(siege.lines.said)


def test_CVE_2023_6717_a_name_that_HelseID_signed_is_text(siege: Siege) -> None:
    """Keycloak: a value from a trusted party was put into a page as it was."""
    siege.liar.claims["name"] = MARKUP
    approval = {"profession": MARKUP, "authorization": {"value": MARKUP}, "specialities": [{"value": MARKUP}]}
    siege.liar.person[HPR_DETAILS] = {"hpr_number": 1, "approvals": [approval]}
    visitor = siege.visitor()
    visitor.log_in()
    for path in ("/mine", "/mine/hvorfor", "/mine/okter", "/mine/kontor", "/kvitteringer"):
        answer = visitor.ask(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text


@pytest.mark.parametrize("path", ["/login", "/mine", "/logout", "/health/ready", "/login/callback", "/nowhere"])
def test_CVE_2021_20323_what_is_no_page_is_not_shown_as_one(siege: Siege, path: str) -> None:
    """Keycloak: JSON with what had been sent in it, served as HTML."""
    query = urlencode({"x": MARKUP, "next": MARKUP, "state": MARKUP, "lang": MARKUP})
    for method in ("GET", "POST", "PUT"):
        answer = siege.visitor().ask(f"{path}?{query}", method, headers={"Origin": siege.origin})
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "onerror" not in answer.text
        assert "alert" not in answer.text


@pytest.mark.parametrize("given", [MARKUP, FNR, "https://evil.example/", "a" * 5_000])
def test_the_way_back_from_an_error_repeats_nothing_that_was_sent(siege: Siege, given: str) -> None:
    """§4: no fnr or token in a body; the link to try again is ours, not an echo."""
    siege.liar.overrides[PAR] = lambda _: Says(b"", 503)
    for query in (
        f"x={quote(given, safe='')}",
        f"next=/mine&pid={quote(given, safe='')}",
        f"{quote(given, safe='')}=1",
    ):
        answer = siege.visitor().ask(f"/login?{query}")
        siege.refused(answer, 503, "helseid_down")
        assert quote(given, safe="")[:40] not in answer.text


@pytest.mark.parametrize(
    "value", ["a\r\nevil: 1", 'a", "level": "CRITICAL', "\x1b[2J\x1b[1;1H", "a\nat=x", "\u2028x", "%0aevil"]
)
def test_H231_what_is_sent_is_no_line_of_the_log(siege: Siege, value: str) -> None:
    visitor = siege.visitor()
    visitor.ask(
        f"/login?{urlencode({'next': value})}", headers={"User-Agent": quote(value), "X-Forwarded-For": quote(value)}
    )
    visitor.bring(visitor.begin() | {"error": value})
    siege.liar.claims["sub"] = siege.liar.person["sub"] = value
    visitor.log_in()
    assert all("\n" not in line and "\x1b" not in line for line in siege.lines.said)
    assert all(json.loads(line)["level"] in {"INFO", "WARNING", "ERROR"} for line in siege.lines.said)
    assert all(value not in str(record.__dict__.get("rule")) for record in siege.lines.records)


def test_a_secret_in_the_address_stands_in_no_log(siege: Siege) -> None:
    visitor = siege.visitor()
    visitor.log_in()
    visitor.ask(f"/mine?{urlencode({'session': visitor.session, 'pid': FNR})}")
    assert visitor.session
    told = "".join(siege.lines.said)
    assert SESSION not in told
    assert [secret for secret in {*siege.liar.secrets, visitor.session} if secret in told] == []
