"""What a person is told when something did not go: plain words per error code, never the code's own jargon."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import lazy_gettext as _


class ProblemText(NamedTuple):
    """A heading, and one or two sentences that say what to do now."""

    title: str
    text: str


_OPEN_AGAIN = _("Åpne pasienten på nytt fra journalen.")
_LOGIN_FAILED = _("Innloggingen gikk ikke")
_TRY_LOGIN_AGAIN = _("Prøv å logge inn på nytt.")
_NOT_HERE = _("Fant ikke siden")
_NO_ANSWER = _("En tjeneste vi er avhengige av, svarer ikke")
_TRY_LATER = _("Prøv igjen om litt.")
_EPJ_NOT_READY = _("Journalen kunne ikke åpne pasienten her")
_TELL_VENDOR = _("Prøv på nytt fra journalen. Går det ikke, gi feilreferansen til leverandøren av journalsystemet.")
_START_AT_LIST = _("Gå til tjenestene dine og åpne tjenesten derfra.")

_DEFAULT = (_("Noe gikk galt"), _("Feilen er vår. Prøv igjen, og gi oss feilreferansen hvis det ikke hjelper."))

_TEXTS = {
    "login_state_unknown": (
        _LOGIN_FAILED,
        _("Det gikk for lang tid, eller siden ble åpnet to ganger. Logg inn på nytt."),
    ),
    "login_response_malformed": (_LOGIN_FAILED, _TRY_LOGIN_AGAIN),
    "login_denied": (_("Du ble ikke logget inn"), _("Innloggingen i HelseID ble avbrutt. Prøv igjen når du er klar.")),
    "login_not_completed": (
        _LOGIN_FAILED,
        _("HelseID kunne ikke fullføre innloggingen. Logg inn på nytt, så kommer du dit du skulle."),
    ),
    "helseid_down": (
        _("HelseID svarer ikke akkurat nå"),
        _("Det er innloggingen som er nede, ikke Inngangsportalen. Prøv igjen om litt, så kommer du dit du skulle."),
    ),
    "person_disabled": (
        _("Du har ikke tilgang til Inngangsportalen"),
        _("Den som drifter portalen, har stengt tilgangen. Gi feilreferansen videre hvis det ikke stemmer."),
    ),
    "login_issuer_mismatch": (_LOGIN_FAILED, _TRY_LOGIN_AGAIN),
    "login_token_invalid": (_LOGIN_FAILED, _TRY_LOGIN_AGAIN),
    "security_level_too_low": (
        _("Du må logge inn med et høyere sikkerhetsnivå"),
        _("Logg inn på nytt i HelseID og velg BankID, Buypass eller Commfides."),
    ),
    "not_signed_in": (_("Økten er utløpt"), _("Logg inn på nytt, så kommer du tilbake hit.")),
    "service_not_allowed": (
        _("Du har ikke tilgang til tjenesten"),
        _("Tjenesten er for andre yrkesgrupper, roller eller kontorer enn det du er logget inn med."),
    ),
    "four_eyes": (_("En annen må godkjenne"), _("Den som foreslår en endring, kan ikke godkjenne den selv.")),
    "foreign_origin": (_("Siden ble åpnet fra et annet nettsted"), _START_AT_LIST),
    "unknown_host": (_("Adressen er ikke vår"), _("Skriv inn adressen til Inngangsportalen på nytt.")),
    "page_unknown": (_NOT_HERE, _("Lenken er feil eller for gammel.")),
    "service_unknown": (_("Tjenesten finnes ikke"), _("Lenken er feil, eller tjenesten er tatt bort.")),
    "context_unknown": (_("Pasienten er ikke lenger åpen her"), _OPEN_AGAIN),
    "document_unknown": (_("Fant ikke dokumentet"), _("Det er slettet, eller det hører til en annen bruker.")),
    "method_not_allowed": (_NOT_HERE, _START_AT_LIST),
    "bad_request": (_("Forespørselen kunne ikke leses"), _START_AT_LIST),
    "malformed_json": (_("Forespørselen kunne ikke leses"), _START_AT_LIST),
    "invalid_body": (_("Forespørselen kunne ikke leses"), _START_AT_LIST),
    "length_required": (_("Forespørselen kunne ikke leses"), _START_AT_LIST),
    "unsupported_media_type": (_("Forespørselen kunne ikke leses"), _START_AT_LIST),
    "body_too_large": (_("Det var for stort"), _("Send en mindre fil.")),
    "unavailable": (_("Inngangsportalen er nede akkurat nå"), _TRY_LATER),
    "epj_unknown": (_EPJ_NOT_READY, _("Journalsystemet er ikke godkjent her. Gi feilreferansen til leverandøren.")),
    "user_token_required": (_EPJ_NOT_READY, _TELL_VENDOR),
    "organisation_missing": (_EPJ_NOT_READY, _("Journalen sa ikke hvilket kontor du er på. Gi feilreferansen videre.")),
    "patient_number_invalid": (
        _EPJ_NOT_READY,
        _("Pasienten mangler gyldig fødselsnummer eller d-nummer i journalen."),
    ),
    "patient_number_local": (
        _EPJ_NOT_READY,
        _("Pasienten har bare et hjelpenummer, som ingen andre kjenner. Du kan bruke tjenestene uten pasient."),
    ),
    "synthetic_patient": (_EPJ_NOT_READY, _("Testpasienter kan bare brukes i testmiljøet.")),
    "reply_to_unknown": (_EPJ_NOT_READY, _("Kontorets adresse er ikke i Adresseregisteret. Gi feilreferansen videre.")),
    "reply_to_inactive": (
        _EPJ_NOT_READY,
        _("Kontorets adresse er stengt i Adresseregisteret. Gi feilreferansen videre."),
    ),
    "reply_to_elsewhere": (
        _EPJ_NOT_READY,
        _("Kontorets adresse i Adresseregisteret hører til en annen virksomhet. Gi feilreferansen videre."),
    ),
    "smart_launch_invalid": (_EPJ_NOT_READY, _TELL_VENDOR),
    "smart_launch_expired": (_("Det gikk for lang tid"), _OPEN_AGAIN),
    "smart_discovery_invalid": (_EPJ_NOT_READY, _TELL_VENDOR),
    "smart_refused": (
        _EPJ_NOT_READY,
        _("Journalsystemet sa nei. Åpne pasienten på nytt, og gi feilreferansen videre."),
    ),
    "smart_token_invalid": (_EPJ_NOT_READY, _TELL_VENDOR),
    "smart_user_invalid": (_EPJ_NOT_READY, _TELL_VENDOR),
    "smart_resource_invalid": (_EPJ_NOT_READY, _TELL_VENDOR),
    "smart_patient_invalid": (
        _EPJ_NOT_READY,
        _("Journalen ga ikke én pasient med navn, fødselsdato og fødselsnummer eller d-nummer."),
    ),
    "smart_practitioner_invalid": (
        _EPJ_NOT_READY,
        _("Journalen ga ikke HPR-nummeret ditt. Be om at det legges inn på brukeren din der."),
    ),
    "smart_organisation_invalid": (
        _EPJ_NOT_READY,
        _("Journalen sa ikke hvilket kontor du er på. Gi feilreferansen videre."),
    ),
    "smart_unreachable": (_("Journalsystemet svarer ikke akkurat nå"), _TRY_LATER),
    "start_code_invalid": (_EPJ_NOT_READY, _OPEN_AGAIN),
    "start_expired": (_("Det gikk for lang tid"), _OPEN_AGAIN),
    "other_person": (
        _("Pasienten ble åpnet av en annen"),
        _("Journalen åpnet pasienten for en annen bruker enn den som er logget inn her."),
    ),
    "context_ended": (_("Pasienten er ikke lenger åpen her"), _OPEN_AGAIN),
    "service_closed": (
        _("Tjenesten kan ikke åpnes nå"),
        _("Noe har endret seg siden du åpnet listen. Last listen på nytt for å se hvorfor."),
    ),
    "request_uri_unknown": (
        _("Tjenesten ble ikke åpnet i tide"),
        _("Gå tilbake til listen og åpne tjenesten på nytt."),
    ),
    "client_unknown": (
        _("Tjenesten er ikke godkjent her"),
        _("Den som ville åpne Inngangsportalen, er ikke registrert. Gi feilreferansen til den som eier tjenesten."),
    ),
    "upstream_unreachable": (_NO_ANSWER, _TRY_LATER),
    "upstream_malformed": (_NO_ANSWER, _TRY_LATER),
    "upstream_refused": (_NO_ANSWER, _TRY_LATER),
}


def text_for(code: str) -> ProblemText:
    """Return heading and text for an error code of `portal.errors` in the language of the request.

    A code that no person is meant to meet gets the general text: the reference on the page leads to the rest.
    """
    title, text = _TEXTS.get(code, _DEFAULT)
    return ProblemText(str(title), str(text))
