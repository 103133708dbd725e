"""What an owner has said of a service's stops, with the times that a reader needs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask_babel import format_datetime, gettext
from flask_babel import lazy_gettext as _

from portal.web.cards.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from portal.domain.service_parts import Stop

AHEAD = timedelta(days=7)
"""How long before a planned stop it is told of."""

_KINDS = {"planned": _("Planlagt vedlikehold"), "fault": _("Driftsforstyrrelse")}
# A pattern of Unicode's locale data, in the order that the language has it.
_WHEN = _("EEEE d. MMMM 'kl.' HH.mm")


class StopText(NamedTuple):
    """A stop as it stands on the card; `goes_on` when it is now."""

    title: str
    text: Phrase
    when: str
    goes_on: bool


def stop_texts(stops: Iterable[Stop], now: datetime, language: str) -> tuple[StopText, ...]:
    """Say those that go on or come within a week."""
    return tuple(_text(stop, now, language) for stop in stops if stop.begins - AHEAD <= now < stop.ends)


def _text(stop: Stop, now: datetime, language: str) -> StopText:
    goes_on, ends = stop.goes_on(now), format_datetime(stop.ends, str(_WHEN))
    if goes_on:
        when = gettext("Ventet slutt: %(ends)s", ends=ends)
    else:
        when = gettext("Fra %(begins)s til %(ends)s", begins=format_datetime(stop.begins, str(_WHEN)), ends=ends)
    return StopText(str(_KINDS[stop.kind]), Phrase(stop.message, language), when, goes_on)
