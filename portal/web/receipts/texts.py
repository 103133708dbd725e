"""Where a report is, in plain words: its state, every step of its history, and the hint while nothing has come back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from portal.domain.delivery import State

if TYPE_CHECKING:
    from datetime import datetime

    from portal.store.outbox import Delivery

NOT_YET = timedelta(hours=1)
"""A journal that answers has mostly done so by then."""

_STATES = {
    State.QUEUED: _("Venter på å bli sendt"),
    State.SENT: _("Sendt, venter på kvittering fra journalsystemet"),
    State.TRANSPORT_OK: _("Levert, venter på kvittering fra journalsystemet"),
    State.COMPLETED: _("Mottatt i journalsystemet"),
    State.REJECTED_TRANSPORT: _("Kunne ikke sendes"),
    State.REJECTED_APPREC: _("Avvist av journalsystemet"),
    State.OVERDUE: _("Ingen kvittering er kommet"),
    State.INVALID: _("Meldingen var ikke gyldig og ble ikke sendt"),
    State.CANCELLED: _("Ikke lagt i journalen"),
}
_ASKS = _("Venter på svar fra deg")
_NOT_BACK = _("Ingen kvittering ennå. Det kan ta opptil tre døgn. Du trenger ikke å gjøre noe nå.")
_NOT_SENT = _("Vi har ikke fått sendt den ennå, og prøver igjen av oss selv.")
_STEPS = {
    "asks": _ASKS,
    "wanted": _("Du sa ja til å legge den i journalen"),
    "again": _("Sendes på nytt"),
    "replaces": _("Ny melding, fordi den forrige ble avvist"),
    "filed": _("Lagt i journalen"),
    "no_receipt": _STATES[State.OVERDUE],
    "not_wanted": _("Du sa nei til å legge den i journalen"),
    "unanswered": _("Ingen svarte, så den ble ikke sendt"),
}


def state_text(state: State, *, asks: bool = False) -> str:
    """Say where it is; `asks` when it waits for its clinician's word."""
    return str(_ASKS if asks else _STATES[state])


def step_text(state: str, code: str) -> str:
    """Say one step of the history; a code that is for support stands in brackets."""
    if code in _STEPS:
        return str(_STEPS[code])
    text = str(_STATES[State(state)])
    return f"{text} ({code})" if code else text


def hint(delivery: Delivery, now: datetime) -> str | None:
    """Say after an hour that a receipt may still come, or that we are still trying to send."""
    waited = now - (delivery.sent_at or delivery.accepted_at) >= NOT_YET
    if waited and delivery.state in {State.SENT, State.TRANSPORT_OK}:
        return str(_NOT_BACK)
    if waited and delivery.state is State.QUEUED and delivery.due_at is not None:
        return str(_NOT_SENT)
    return None
