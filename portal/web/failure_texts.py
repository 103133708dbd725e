"""What a clinician is told when a service did not open: plain words per code, what happened and what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask_babel import lazy_gettext as _

from portal.domain.launch_failure import Code

if TYPE_CHECKING:
    from flask_babel import LazyString


class FailureText(NamedTuple):
    """What happened, and what to do now."""

    happened: LazyString
    now: LazyString


_LATER = _("Prøv igjen om litt.")

_TEXTS = {
    Code.LOGIN_FAILED: FailureText(
        _("Tjenesten fikk ikke logget deg inn."),
        _("Prøv igjen. Går det ikke, logg ut her og inn igjen med HelseID."),
    ),
    Code.OTHER_PERSON: FailureText(
        _("En annen enn deg er logget inn i tjenesten."),
        _("Logg ut av tjenesten, og åpne den på nytt herfra."),
    ),
    Code.CONTEXT_REFUSED: FailureText(
        _("Tjenesten fikk ikke opplysningene som skulle følge med herfra."), _("Prøv igjen.")
    ),
    Code.CONTEXT_EXPIRED: FailureText(
        _("Det gikk for lang tid, eller pasienten ble lukket."), _("Åpne tjenesten på nytt.")
    ),
    Code.PATIENT_UNKNOWN: FailureText(
        _("Tjenesten kan ikke ta imot denne pasienten."),
        _("Se etter at fødselsnummeret stemmer i journalen."),
    ),
    Code.NOT_AUTHORISED: FailureText(
        _("Tjenesten gir deg ikke tilgang."),
        _("Be brukerstøtten for tjenesten om tilgang."),
    ),
    Code.FORM_UNAVAILABLE: FailureText(
        _("Skjemaet finnes ikke i tjenesten akkurat nå."),
        _("Prøv igjen om litt, eller finn skjemaet i tjenesten selv."),
    ),
    Code.MAINTENANCE: FailureText(_("Tjenesten er stengt for vedlikehold."), _LATER),
    Code.INTERNAL: FailureText(_("Noe gikk galt i tjenesten."), _LATER),
    Code.OTHER: FailureText(_("Tjenesten sa ifra om at det ikke gikk."), _LATER),
}


def text_for(code: Code) -> FailureText:
    """The words for a code, in the language of the request when they are shown."""
    return _TEXTS[code]
