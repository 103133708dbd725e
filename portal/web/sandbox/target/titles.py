"""What each case of a target demands, and what its owner should do when it is not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from portal.domain.conformance.target.case import CaseId
from portal.web.sandbox.titles import CaseText

if TYPE_CHECKING:
    from enum import StrEnum

_TELL = _("Bestill feilen og start. Vis hva som skjedde, meld fra til /api/launch-failure, og vent til noen trykker.")

TEXTS: dict[StrEnum, CaseText] = {
    CaseId.LAUNCH: CaseText(
        _("En oppstart kommer helt fram"),
        _("Start med en pasient, logg inn, og løs inn koden fra serveren deres."),
    ),
    CaseId.CLIENT: CaseText(
        _("Målportalen beviser hvem det er, på nytt for hvert kall"),
        _("Lag en ny client_assertion for hvert kall: egen jti, utsteder her som aud, og kort levetid."),
    ),
    CaseId.BACK_CHANNEL: CaseText(
        _("Det hemmelige hentes av serveren, aldri av nettleseren"),
        _("Kall PAR, token og de andre adressene her fra serveren deres."),
    ),
    CaseId.REQUEST: CaseText(
        _("Autorisasjonsforespørselen blir godtatt"),
        _("Send launch slik den kom, iss fra oppstarten som aud, og en registrert redirect_uri."),
    ),
    CaseId.PUSHED: CaseText(
        _("Forespørselen sendes med PAR, og nettleseren har bare nummeret på den"),
        _("Send parametrene til /oauth/par, og nettleseren videre med client_id og request_uri."),
    ),
    CaseId.CHALLENGE: CaseText(
        _("Hver forespørsel har sin egen code_challenge med S256"),
        _("Start to ganger. Lag en ny verifier for hver oppstart, og send code_challenge_method=S256."),
    ),
    CaseId.STATE: CaseText(
        _("Hver forespørsel har sin egen state som ingen kan gjette"),
        _("Start to ganger. Lag en ny tilfeldig state på minst 122 biter for hver oppstart."),
    ),
    CaseId.CODE: CaseText(
        _("Koden løses inn innen ett minutt, og én gang"),
        _("Løs inn koden straks nettleseren kommer tilbake. Start på nytt når den er brukt."),
    ),
    CaseId.PROOF: CaseText(
        _("Hvert kall har sitt eget, ferske DPoP-bevis"),
        _("Lag et nytt bevis med ny jti for hvert kall, med metode og adresse for kallet, og still klokken."),
    ),
    CaseId.BOUND: CaseText(
        _("Et bundet token sendes aldri som Bearer"),
        _("Skriv tilbake til journalen. Send tokenet i Authorization: DPoP, med bevis."),
    ),
    CaseId.BANNER: CaseText(
        _("Siden viser hvem pasienten er"),
        _("Vis navn og fødselsdato på hver side om pasienten når need_patient_banner er true, og erklær det her."),
    ),
    CaseId.PATIENT: CaseText(
        _("Kopien sendes for pasienten fra sin egen oppstart"),
        _("Ta vare på patient sammen med tokenet fra samme svar, og send dem sammen."),
    ),
    CaseId.WRITEBACK: CaseText(
        _("Kopien blir tatt imot"),
        _("Send inn et skjema, og legg kopien i journalen med /api/writeback. Rett feltet som er nevnt."),
    ),
    CaseId.FAILURE: CaseText(
        _("En oppstart som ikke går, blir meldt"),
        _("Send launch eller trace_id, og en kode, til /api/launch-failure. Vis siden som svaret nevner."),
    ),
    CaseId.ON_EXPIRED: CaseText(_("En oppstart som er for gammel, prøves én gang og meldes"), _TELL),
    CaseId.ON_REPLAYED: CaseText(_("En oppstart som er brukt, prøves én gang og meldes"), _TELL),
    CaseId.ON_OTHER_CLIENT: CaseText(_("En oppstart for en annen klient prøves én gang og meldes"), _TELL),
    CaseId.ON_HELSEID_DOWN: CaseText(_("Når HelseID er nede, prøves det ikke om og om igjen"), _TELL),
    CaseId.ON_DENIED: CaseText(_("Et nei fra klinikeren blir vist og meldt"), _TELL),
    CaseId.ON_WRONG_ISSUER: CaseText(
        _("Et svar fra en annen utsteder blir ikke løst inn"),
        _("Sammenlign iss i svaret med utsteder her før koden brukes, og meld fra til /api/launch-failure."),
    ),
    CaseId.ON_WRONG_STATE: CaseText(
        _("Et svar med fremmed state blir ikke løst inn"),
        _("Bestill feilen og start. Sammenlign state med den som er lagret for nettleseren. Start så på nytt."),
    ),
    CaseId.ON_UNAVAILABLE: CaseText(
        _("Svarer tokenadressen 503, prøves det høyst tre ganger på ti sekunder"),
        _("Bestill feilen og start. Prøv igjen med nytt bevis, eller meld fra til /api/launch-failure."),
    ),
    CaseId.ON_NONCE: CaseText(
        _("Når målportalen blir bedt om en nonce, gjentas kallet med den og et nytt bevis"),
        _("Bestill feilen og start. Gjenta kallet med nonce fra DPoP-Nonce, ny jti og ny client_assertion."),
    ),
    CaseId.ON_KEY_ROTATION: CaseText(
        _("Et id-token med ny nøkkel blir godtatt når nøklene er lest på nytt"),
        _("Bestill feilen og start. Les jwks_uri på nytt når kid er ukjent, og bruk tokenet."),
    ),
    CaseId.ON_PARKED: CaseText(
        _("Målportalen kjenner forespørselen igjen når klinikeren først måtte svare på noe"),
        _("Bestill feilen og start. Behold state og verifier i minst ti minutter."),
    ),
    CaseId.ON_OTHER_PATIENT: CaseText(
        _("To pasienter som er åpne samtidig, blandes ikke"),
        _("Start for én pasient og la skjemaet stå. Bestill feilen og start igjen. Send inn det første skjemaet."),
    ),
    CaseId.ON_OTHER_PERSON: CaseText(
        _("Konteksten brukes ikke når en annen er logget inn i målportalen"),
        _("Bestill feilen og start. Sammenlign sub eller HPR-nummer med egen innlogging før noe vises eller sendes."),
    ),
    CaseId.URL_LAUNCH: CaseText(
        _("Startadressen sender nettleseren hit, med launch i forespørselen"),
        _("Ta imot iss og launch, og send nettleseren til autorisasjonsadressen her."),
    ),
    CaseId.URL_FOREIGN_ISSUER: CaseText(
        _("En oppstart fra en fremmed utsteder avvises"),
        _("Sammenlign iss med den dere har registrert, og svar 400."),
    ),
    CaseId.URL_WITHOUT_LAUNCH: CaseText(
        _("En oppstart uten launch avvises"),
        _("Svar 400 når launch mangler."),
    ),
    CaseId.URL_ERROR: CaseText(
        _("Et feilsvar ender på en side, og ikke i en ny runde"),
        _("Vis hva som skjedde når svaret har error. Begynn ikke på nytt av dere selv."),
    ),
    CaseId.URL_UNKNOWN_STATE: CaseText(
        _("Et svar som ingen har bedt om, avvises"),
        _("Svar 400 når state ikke er lagret for nettleseren."),
    ),
}
"""Every case has its own."""
