"""What a journal's error code means and what to do about it (Volven 8221)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from flask_babel import LazyString

    from portal.domain.receipt import ReceiptError


class CodeText(NamedTuple):
    """What the journal says, and what to do now."""

    said: LazyString
    now: LazyString


class Reason(NamedTuple):
    """Why a journal said no, in words; `quote` is its own text, which is shown as that and nothing else."""

    code: str
    said: str
    now: str
    quote: str = ""


BY_HAND = _("Last ned PDF-en og legg den i journalen selv.")
OURS = _("Feilen ligger hos oss, ikke hos deg. Last ned PDF-en og legg den i journalen selv.")

_TEXTS = {
    "E10": CodeText(_("Journalsystemet godtok ikke nummeret på meldingen."), OURS),
    "E20": CodeText(
        _("Legen finnes ikke i journalsystemet."),
        _("Se etter at du er registrert med riktig HPR-nummer der. Last ned PDF-en og legg den i journalen selv."),
    ),
    "E21": CodeText(
        _("Journalsystemet kjenner ikke kontorets adresse for meldinger (HER-id)."),
        _("Be leverandøren av journalsystemet rette adressen. Last ned PDF-en og legg den i journalen selv."),
    ),
    "E30": CodeText(
        _("Fødselsnummeret til pasienten mangler."),
        _("Legg inn fødselsnummeret i journalsystemet, og send ny melding."),
    ),
    "E31": CodeText(
        _("Fødselsnummeret til pasienten er feil."),
        _(
            "Rett fødselsnummeret i journalsystemet, og send ny melding. "
            "Ble tjenesten åpnet med feil nummer, send inn på nytt derfra."
        ),
    ),
    "E32": CodeText(_("Navnet på pasienten mangler."), _("Legg inn navnet i journalsystemet, og send ny melding.")),
    "E35": CodeText(
        _("Pasienten finnes ikke i journalsystemet."),
        _("Opprett pasienten i journalsystemet, og send ny melding."),
    ),
    "E36": CodeText(
        _("Journalsystemet har for få opplysninger om pasienten."),
        _("Fyll ut det som mangler om pasienten der, og send ny melding."),
    ),
    "E53": CodeText(
        _("Pasienten er ikke registrert i Folkeregisteret."),
        _("Oppdater pasienten mot Folkeregisteret i journalsystemet, og send ny melding."),
    ),
    "E54": CodeText(
        _("Pasienten er ikke registrert i journalsystemet."),
        _("Registrer pasienten i journalsystemet, og send ny melding."),
    ),
    "S01": CodeText(_("Journalsystemet godtok ikke signaturen på meldingen."), OURS),
    "S02": CodeText(_("Journalsystemet godtok ikke sertifikatet til meldingen."), OURS),
    "S03": CodeText(_("Sertifikatet til meldingen er trukket tilbake."), OURS),
    "T01": CodeText(_("Journalsystemet klarte ikke å lese meldingen."), OURS),
    "T02": CodeText(_("Journalsystemet mener at meldingen er bygd opp feil."), OURS),
    "T10": CodeText(
        _("Journalsystemet tar ikke imot denne typen meldinger."),
        _("Be leverandøren av journalsystemet slå det på. Last ned PDF-en og legg den i journalen selv."),
    ),
    "T99": CodeText(
        _("Journalsystemet fant en feil i formatet på meldingen."),
        _("Send ny melding. Blir den også avvist, last ned PDF-en og legg den i journalen selv."),
    ),
    "X99": CodeText(
        _("Journalsystemet avviste meldingen med egne ord:"),
        _("Rett det som står der hvis du kan, og send ny melding. Eller last ned PDF-en og legg den i journalen selv."),
    ),
}
_UNKNOWN = CodeText(_("Journalsystemet avviste meldingen med en feil vi ikke kjenner:"), BY_HAND)
_SILENT = CodeText(_("Journalsystemet sa ikke hvorfor."), BY_HAND)
_OWN_WORDS = "X99"
CODES = frozenset(_TEXTS)
"""Those that have words of ours."""


def reason(error: ReceiptError) -> Reason:
    """Say an error in the language of the request; where the code says nothing, the journal's text stands verbatim."""
    known = _TEXTS.get(error.code)
    if known and error.code != _OWN_WORDS:
        return Reason(error.code, str(known.said), str(known.now))
    quote = error.text or (error.code if known is None else "")
    text = (known or _UNKNOWN) if quote else _SILENT
    return Reason(error.code, str(text.said), str((known or text).now), quote)


def remark(error: ReceiptError) -> Reason:
    """What a journal says of a message that it took all the same; its codes are of other codesets (NHN, AppRec 3)."""
    return Reason(error.code, gettext("Journalsystemet har en merknad:"), "", error.text or error.code)
