"""An OpenID provider by HelseID's rules that a test can restart: our own stand-in, or somebody else's program.

with counterpart(kind, registration("portal", redirect_uris=(...,))) as provider:
    ...                                      # the portal's issuer is provider.address
    page = log_in(browser, page, DINA, level=3)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from support.helseid import StandIn
from support.oidc_provider import OidcProvider

if TYPE_CHECKING:
    from portal.demo.browser import Browser, Hop, Page
    from portal.demo.helseid.config import Client, Person

_MOST_HOPS = 10


class Counterpart(Protocol):
    """As a context manager it serves until the block ends."""

    kind: str
    address: str
    userinfo_scheme: Literal["Bearer", "DPoP"]

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """Refuse connections, also those that were kept open."""

    def restart(self, *, keep: bool = True) -> None:
        """On the same address with the same keys; without `keep`, sessions, codes and refresh tokens are gone."""

    def rotate_keys(self) -> None:
        """Sign with a new key; the one before stays published."""

    def drop_old_keys(self) -> None: ...

    def end_sessions(self, person: Person) -> None:
        """As an administrator: the clients hear it by back channel before this returns."""


KINDS = ("stand-in", "oidc-provider")


def counterpart(kind: str, *clients: Client, **told: Any) -> Counterpart:
    """One of KINDS; both may be told `people` (else ANNA, BO, CATO, DINA) and `access_token_lifetime` in seconds."""
    return StandIn(*clients, **told) if kind == "stand-in" else OidcProvider(*clients, **told)


def is_login_page(page: Page) -> bool:
    return bool(page.tree.xpath("//button[@name='person']"))


def answered(browser: Browser, page: Page, person: Person | None, level: int | None = None) -> Hop:
    """At the login page, press the button of a person; None cancels, and without `level` it is her highest."""
    chosen = {"person": person.sub if person else "", "level": str(level) if level else ""}
    return browser.pressed(page, page.form(), **chosen)


def log_in(browser: Browser, page: Page, person: Person | None, level: int | None = None) -> Page:
    """As `answered`, and follow where it leads."""
    return browser.follow(answered(browser, page, person, level))


def confirm_logout(browser: Browser, page: Page) -> Page:
    """On the page that asks whether to log out: yes."""
    return browser.submit(page, page.form(), confirm="yes")


def walk(browser: Browser, hop: Hop, stop: str) -> Page | Hop:
    """Go on until a page waits for the person, or the next hop, not made, would be to an address that begins so."""
    for _ in range(_MOST_HOPS):
        page = browser.step(hop)
        onwards = browser.next(page, hop)
        if onwards is None or onwards.url.startswith(stop):
            return onwards or page
        hop = onwards
    message = f"no end at {hop.url.partition('?')[0]}"
    raise AssertionError(message)
