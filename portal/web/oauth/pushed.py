"""Authorization requests as they wait for the browser: pushed by the target (RFC 9126), or by us for it (classic)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from flask import url_for

from portal.errors import LaunchRejected, OAuthError
from portal.store import one_time
from portal.web import once
from portal.web.oauth.client import query_with
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.client_registration import Client
    from portal.store.database import Session

_URN = "urn:ietf:params:oauth:request_uri:"
_KIND = "request_uri"


class Pushed(NamedTuple):
    """A request that was checked and kept; `reference` is what its `request_uri` ends in."""

    client: Client
    reference: str
    form: dict[str, str]
    at: datetime

    @property
    def request_uri(self) -> str:
        """What the browser brings."""
        return _URN + self.reference

    @property
    def address(self) -> str:
        """Where the browser brings it; here we go on after a login too."""
        return url_for("authorize.authorize", client_id=self.client.client_id, request_uri=self.request_uri)

    @property
    def parked_until(self) -> datetime:
        """Until when its clinician may log in first, counted from when it was made."""
        return self.at + parts().settings.lifetimes.parked

    def answer(self, parameters: dict[str, str]) -> str:
        """The target's address with an answer, and `iss` also on errors (RFC 9207 §2)."""
        known = {"state": self.form.get("state", ""), "iss": parts().settings.base_url}
        query_string = urlencode({name: value for name, value in (parameters | known).items() if value})
        separator = "&" if "?" in self.form["redirect_uri"] else "?"
        return f"{self.form['redirect_uri']}{separator}{query_string}"


def keep(client: Client, form: dict[str, str]) -> Pushed:
    """Keep a checked request until the browser comes."""
    portal = parts()
    pushed = Pushed(client, portal.token(), form, portal.now())
    value = {"form": form, "at": pushed.at.isoformat()}
    once.remember(_KIND, pushed.reference, value, portal.settings.lifetimes.request_uri, client=client.client_id)
    return pushed


def find(client_id: str, request_uri: str) -> Pushed:
    """A request that waits: it is looked up as often as a browser likes, and spent when its code is made.

    Until it is found nothing goes to any address: its client must still be enabled, and the address be its
    own (FAPI 2.0 §5.3.2.2). Raises LaunchRejected.
    """
    urn, reference = request_uri[: len(_URN)], request_uri[len(_URN) :]
    with parts().database.read() as session:
        kept, client = once.look_with(session, _KIND, reference, client=client_id), query_with(session, client_id)
    if urn != _URN or kept is None or client is None:
        raise LaunchRejected("request_uri_unknown")
    if kept["form"]["redirect_uri"] not in client.registered.redirect_uris:
        raise LaunchRejected("request_uri_unknown", "redirect_uri is not registered any more")
    return Pushed(client.registered, reference, kept["form"], datetime.fromisoformat(kept["at"]))


def park(pushed: Pushed) -> None:
    """Let it wait for a login, ten minutes from when it was made."""
    portal, client_id = parts(), pushed.client.client_id
    with portal.database.write() as session:
        one_time.prolong(
            session, _KIND, pushed.reference, client=client_id, until=pushed.parked_until, now=portal.now()
        )


def spend(session: Session, pushed: Pushed) -> None:
    """Use it up; raises OAuthError for one that was used meanwhile."""
    if once.spend_with(session, _KIND, pushed.reference, client=pushed.client.client_id) is None:
        raise OAuthError("invalid_request", "request_uri was used")
