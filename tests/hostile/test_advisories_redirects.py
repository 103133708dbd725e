"""One test per advisory: where a login may end, whatever `next` says; and what leaves with a redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from support.siege import own_page

if TYPE_CHECKING:
    from support.siege import Siege
    from support.visitor import Visitor

pytestmark = pytest.mark.hostile


def _ends_at_the_list(siege: Siege, *wishes: str) -> None:
    visitor = siege.visitor()
    for wish in wishes:
        begun = visitor.ask(f"/login?next={wish}")
        assert urlsplit(begun.headers["Location"]).netloc == urlsplit(siege.liar.origin).netloc
        answer = visitor.bring(siege.liar.log_in(begun.headers["Location"]))
        assert own_page(siege, answer) == "/mine", wish
        assert "evil" not in str(answer.headers)


def _quoted(*wishes: str) -> list[str]:
    return [quote(wish, safe="") for wish in wishes]


def test_CVE_2023_6291_userinfo_is_no_host_of_ours(siege: Siege) -> None:
    """Keycloak: `https://ours@evil` held for a prefix of ours."""
    own = siege.origin
    _ends_at_the_list(siege, *_quoted(f"{own}@evil.example/", f"//{own[7:]}@evil.example/", f"{own}%40evil.example/"))


def test_CVE_2026_7504_nor_with_several_at_signs(siege: Siege) -> None:
    """Keycloak: two of them, and Java's parser saw no userinfo."""
    own = siege.origin
    _ends_at_the_list(siege, *_quoted(f"{own}@@evil.example/", f"{own}@x@evil.example/", f"//@{own[7:]}@evil.example"))


def test_CVE_2026_3872_path_parameters_lead_nowhere(siege: Siege) -> None:
    """Keycloak: `..;/` left the path that had been checked."""
    _ends_at_the_list(siege, *_quoted("/mine/..;/evil", "/..;/..;/evil", "/mine;/../../evil", "/mine;x=y/..;/"))


def test_CVE_2024_1132_nor_do_dots(siege: Siege) -> None:
    """Keycloak: `..` after the check, plain or encoded."""
    dots = ["/mine/../../evil", "/mine/%2e%2e/evil", "/mine/..%2fevil", "/mine/%252e%252e/evil", "/mine/.."]
    _ends_at_the_list(siege, *_quoted(*dots), *dots)


def test_CVE_2024_8883_loopback_is_no_friend(siege: Siege) -> None:
    """Keycloak: http://localhost in the list let any address through."""
    _ends_at_the_list(siege, *_quoted("http://localhost/evil", "http://127.0.0.1:1/evil", "//127.0.0.1:1/evil"))


def test_CVE_2024_52289_a_dot_is_a_dot(siege: Siege) -> None:
    """Authentik: the registered address was a pattern."""
    own = siege.origin.replace("127.0.0.1", "127x0x0x1")
    _ends_at_the_list(siege, *_quoted(f"{own}/mine", f"{siege.origin}.evil.example/mine", f"{siege.origin}evil/mine"))


def test_CVE_2020_15233_a_port_is_a_port(siege: Siege) -> None:
    """Fosite: for loopback, host and port were not compared."""
    host = siege.origin.rpartition(":")[0]
    _ends_at_the_list(siege, *_quoted(f"{host}:1/mine", f"{host}/mine", f"{host}:/evil", "http://[::1]:1/evil"))


def test_CVE_2020_15234_capitals_make_another_address(siege: Siege) -> None:
    """Fosite: redirect addresses were compared without case."""
    _ends_at_the_list(siege, *_quoted("/MINE", "/Mine", "HTTP://EVIL.EXAMPLE/", "hTTp:/\\evil.example"))


def test_CVE_2026_9086_a_script_is_no_address(siege: Siege) -> None:
    """Keycloak: `jAvAsCrIpT:` was not the scheme that was forbidden."""
    scripts = [
        "javascript:alert(1)",
        "jAvAsCrIpT:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "java\tscript:alert(1)",
    ]
    _ends_at_the_list(siege, *_quoted(*scripts, "\x01javascript:alert(1)", "blob:x", "view-source:x"))


def test_CVE_2026_44681_nothing_redirects_before_it_is_checked(siege: Siege) -> None:
    """Authlib: errors went to an address that nobody had checked yet."""
    visitor = siege.visitor()
    for more in ({"redirect_uri": "https://evil.example"}, {"response_type": "none"}, {"response_mode": "form_post"}):
        answer = visitor.bring({"error": "unsupported_response_type", **more})
        assert answer.status_code == 502
        assert "Location" not in answer.headers
        answer = visitor.ask("/oauth/authorize?client_id=x&response_type=none&redirect_uri=https://evil.example")
        assert "evil" not in answer.headers.get("Location", "")


SLASHES = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
]
BREAKS = ["/mine\r\nLocation: //evil.example", "/mine%0d%0aSet-Cookie:%20evil=1", "/\nevil", "/mine\0", "/mine\x85evil"]
ODD = [
    "/ /evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/.//evil.example",
    "/;//evil.example",
    "/?//evil",
    "#//evil",
]
UNICODE = ["//evil。example", "/／evil.example", "//ⓔvil.example", "/\u202e//evil", "/%E2%80%8B/evil", "/mine\ufeff"]


@pytest.mark.parametrize("wish", SLASHES + BREAKS + ODD + UNICODE)
def test_RFC_9700_4_11_a_login_is_no_open_redirector(siege: Siege, wish: str) -> None:
    visitor: Visitor = siege.visitor()
    begun = visitor.ask(f"/login?next={quote(wish, safe='')}")
    if "\0" in wish:
        assert begun.status_code == 400
        return
    answer = visitor.bring(siege.liar.log_in(begun.headers["Location"]))
    assert own_page(siege, answer) in {"/mine", "/"}
    assert "evil" not in str(answer.headers)


def test_RFC_9700_4_12_a_form_is_never_sent_on(siege: Siege) -> None:
    """303 alone: 307 would send what was posted to whoever comes next."""
    visitor = siege.visitor()
    answers = [visitor.ask("/login"), visitor.log_in(), siege.visitor().ask("/mine")]
    answers += [visitor.ask("/mine/okt", "POST", data={"next": "/mine"}, headers={"Origin": siege.origin})]
    assert [answer.status_code for answer in answers] == [303] * 4


def test_RFC_9700_4_2_nothing_of_the_callback_goes_along_as_referer(siege: Siege) -> None:
    visitor = siege.visitor()
    for answer in (visitor.log_in(), siege.attack(state="x"), visitor.ask("/logout")):
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert "http" not in answer.text.replace("http-equiv", "").replace(siege.origin, "")
