"""What the tests of POST /logout/backchannel share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests
    from support.siege import Siege
    from support.visitor import Visitor

PATH = "/logout/backchannel"


def say(siege: Siege, token: str, **sent: Any) -> requests.Response:
    """As HelseID's server does."""
    return siege.visitor().ask(PATH, "POST", data={"logout_token": token}, **sent)


def signed_in(siege: Siege) -> Visitor:
    """Somebody with a live session."""
    visitor = siege.visitor()
    visitor.log_in()
    return visitor


def changes_nothing(siege: Siege, visitor: Visitor, answer: requests.Response) -> None:
    """Refused as §2.8 says, and whoever is signed in still is."""
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"
    siege.nothing_is_told(answer)
    assert visitor.is_in()
    assert siege.audited("logout") == []
