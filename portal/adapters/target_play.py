"""Plays a clinician at a target in the sandbox, launch by launch, where HelseID asks for no more than a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from portal.adapters.visitor import Visitor
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.adapters.visitor import Form
    from portal.domain.conformance.target.launch_url import Step

_CHOICE, _MOST_QUESTIONS = "person", 4


class Player(NamedTuple):
    """Who plays: a `sub` of the stand-in's, or "" for its first person; and the target's secret, if it has one."""

    person: str
    secret: str = ""


def play(page: str, player: Player, faults: Iterable[str]) -> None:
    """Launch the target of this page once for each fault, and once as it should be.

    Raises UpstreamError when the login wants more than a name, and when the secret is missing or wrong.
    """
    visitor, at = Visitor(page), urlsplit(page)
    home = f"{at.scheme}://{at.netloc}"
    landed = _answered(visitor, visitor.get(f"{home}/login", {"next": at.path}), player)
    if not landed.url.startswith(page):
        raise UpstreamError("upstream_refused", "the login asks for more than a name: log in by hand", retryable=False)
    start = next((form for form in visitor.forms(landed) if form.action.endswith("/start")), None)
    if start is None:
        raise UpstreamError("upstream_malformed", "the page has no launch on it", retryable=False)
    for fault in (*faults, None):
        if fault:
            _order(visitor, page, player, fault)
        _answered(visitor, visitor.post(start.action, start.fields), player)


def _order(visitor: Visitor, page: str, player: Player, fault: str) -> None:
    known = {"Authorization": f"Bearer {player.secret}"} if player.secret else {}
    if visitor.post(f"{page}/feil", {"fault": fault}, known).status != 303:  # noqa: PLR2004  RFC 9110's number is its name
        raise UpstreamError("upstream_refused", "no fault can be ordered: is it the target's secret?", retryable=False)


def _answered(visitor: Visitor, step: Step, player: Player) -> Step:
    """Go on until nobody asks: who it is, or whether the launch was meant."""
    for _ in range(_MOST_QUESTIONS):
        step = visitor.follow(step)[-1]
        answer = next(filter(None, (_answer(form, player) for form in visitor.forms(step))), None)
        if answer is None:
            break
        step = visitor.post(*answer)
    return step


def _answer(form: Form, player: Player) -> tuple[str, dict[str, str]] | None:
    if people := form.buttons.get(_CHOICE):
        return form.action, {**form.fields, _CHOICE: player.person or people[0]}
    return (form.action, dict(form.fields)) if form.action.endswith("/oauth/confirm") else None
