"""What a clinician is to do about a report: the journal's reasons, our advice, and why it cannot be sent once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from portal.domain.delivery import State
from portal.domain.receipt import ReceiptError, ReceiptStatus
from portal.domain.second_try import HEALS, SecondTry, second_try
from portal.web.receipts import codes, texts
from portal.web.receipts.codes import BY_HAND, OURS, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portal.store.receipts import Shown

_LOOK_FIRST = _("Se først etter om den ligger i journalen.")
_FETCH = _("Hent kopien i tjenesten og legg den i journalen selv.")
_PARTLY = _("Se etter i journalen at alt er kommet med.")
_TOO_LATE = _("En nyere utgave er sendt, så denne kan ikke legges i journalen etterpå.")
_NO_MORE = {
    SecondTry.IN_VAIN: _("Den samme meldingen ville blitt avvist igjen, så den kan ikke sendes på nytt."),
    SecondTry.OVERTAKEN: _("En nyere utgave er sendt, så denne kan ikke sendes på nytt."),
    SecondTry.FORGOTTEN: _("Innholdet er slettet her etter lagringstiden, så det kan ikke sendes på nytt."),
}
_BY_HAND = {State.REJECTED_TRANSPORT, State.REJECTED_APPREC, State.OVERDUE, State.INVALID}


def way(shown: Shown) -> SecondTry:
    """Whether it may be sent once more, and as what."""
    found = {error.code for error in shown.errors} or {""}
    return second_try(shown.delivery.state, found, filed=shown.filed, kept=shown.kept, overtaken=shown.overtaken)


def reasons(shown: Shown) -> tuple[Reason, ...]:
    """Why the journal said no, or what it remarks on what it took."""
    if shown.delivery.state is State.REJECTED_APPREC:
        return tuple(map(codes.reason, shown.errors or (ReceiptError("", ""),)))
    return tuple(map(codes.remark, shown.errors)) if _is_partly(shown) else ()


def advice(shown: Shown, now: datetime) -> tuple[str, ...]:
    """What to do, each thing once; nothing about what stands in the journal."""
    return () if shown.filed else tuple(dict.fromkeys(_advice(shown, now)))


def _advice(shown: Shown, now: datetime) -> Iterator[str]:
    on = way(shown)
    if told := texts.hint(shown.delivery, now):
        yield told
    if shown.asks and shown.overtaken:
        yield str(_TOO_LATE)
    if _is_partly(shown):
        yield str(_PARTLY)
    if shown.delivery.state in _BY_HAND:
        yield from _by_hand(shown, on)
    if on in _NO_MORE:
        yield str(_NO_MORE[on])


def _by_hand(shown: Shown, on: SecondTry) -> Iterator[str]:
    state = shown.delivery.state
    if state is State.OVERDUE:
        yield str(_LOOK_FIRST)
    if not shown.kept:
        yield str(_FETCH)
    elif state is State.REJECTED_APPREC:
        # What a new message would heal is no advice where there can be none.
        for reason in reasons(shown):
            yield reason.now if on is SecondTry.NEW or reason.code not in HEALS else str(BY_HAND)
    else:
        yield str(OURS if state is State.INVALID else BY_HAND)


def _is_partly(shown: Shown) -> bool:
    return shown.delivery.state is State.COMPLETED and shown.delivery.apprec_status == ReceiptStatus.OK_WITH_ERRORS
