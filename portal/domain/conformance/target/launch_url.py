"""Judging a target's launch address by what it answers to launches that no portal made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

from portal.domain.conformance.case import NOT_SEEN, PASSED, Case, failed, judged
from portal.domain.conformance.case import Why as Reason
from portal.domain.conformance.target.case import CaseId, Why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.domain.conformance.case import Finding, Judged

_SERVER_FAULT = 500


class Step(NamedTuple):
    """An address that was asked, its status (0: nobody answered), and where the browser goes on by itself."""

    url: str
    status: int
    onwards: str = ""


@dataclass(frozen=True)
class Tried:
    """What came of each visit: one with a handle that nobody made, then one flaw each.

    `issuer` is the portal that the target trusts, `most` how many steps a visit may take.
    """

    issuer: str
    foreign: str
    most: int
    launch: Sequence[Step]
    foreign_issuer: Sequence[Step]
    without_launch: Sequence[Step]
    unknown_state: Sequence[Step] = ()

    def asks(self, steps: Sequence[Step]) -> list[str]:
        """Where the target sent the browser to our authorization endpoint."""
        ours = f"{self.issuer}/oauth/authorize"
        return [one.onwards for one in steps if one.onwards.startswith(ours) and not one.url.startswith(ours)]

    @property
    def client_id(self) -> str | None:
        """Who the target says that it is."""
        return next((parse_qs(urlsplit(ask).query).get("client_id", [None])[0] for ask in self.asks(self.launch)), None)

    @property
    def callback(self) -> str | None:
        """Where our authorization server sends the browser back to, without the answer."""
        ours = f"{self.issuer}/"
        back = (one.onwards for one in self.launch if one.url.startswith(ours) and not one.onwards.startswith(ours))
        return next((address.partition("?")[0] for address in back if address), None)


def judge(tried: Tried) -> list[Judged]:
    """Judge a launch address by the visits."""
    return judged(CASES, tried)


def _launched(tried: Tried) -> Finding:
    if not tried.launch[0].status:
        return failed(Reason.UNREACHABLE)
    return PASSED if tried.asks(tried.launch) else failed(Why.NOT_TO_US, status=tried.launch[-1].status)


def _ended(tried: Tried) -> Finding:
    """The answer was an error: it ends there, once."""
    if tried.callback is None:
        return NOT_SEEN
    if len(tried.asks(tried.launch)) > 1 or len(tried.launch) >= tried.most:
        return failed(Why.LOOP)
    last = tried.launch[-1]
    return failed(Reason.STATUS, status=last.status) if last.status >= _SERVER_FAULT else PASSED


def _refused(tried: Tried, steps: Sequence[Step]) -> Finding:
    """Whether the target says no by itself: a page to log in at is no refusal."""
    if not steps or not steps[0].status:
        return NOT_SEEN
    if any(one.onwards.startswith(tried.foreign) for one in steps):
        return failed(Reason.SENT_ABROAD)
    if tried.asks(steps):
        return failed(Why.WENT_TO_US)
    status = steps[-1].status
    return PASSED if 400 <= status < _SERVER_FAULT else failed(Reason.WENT_ON, status=status)  # noqa: PLR2004  RFC 9110


_APP_LAUNCH = "SMART App Launch 2.2: App Launch"
CASES: tuple[Case[Tried], ...] = (
    Case(CaseId.URL_LAUNCH, f"{_APP_LAUNCH}, launch", _launched),
    Case(
        CaseId.URL_FOREIGN_ISSUER,
        f"{_APP_LAUNCH}, iss; RFC 9700 §4.4",
        lambda tried: _refused(tried, tried.foreign_issuer),
    ),
    Case(CaseId.URL_WITHOUT_LAUNCH, f"{_APP_LAUNCH}, launch", lambda tried: _refused(tried, tried.without_launch)),
    Case(CaseId.URL_ERROR, "RFC 6749 §4.1.2.1; Contract: launch-failure", _ended),
    Case(
        CaseId.URL_UNKNOWN_STATE, "RFC 6749 §10.12; RFC 9700 §4.7", lambda tried: _refused(tried, tried.unknown_state)
    ),
)
