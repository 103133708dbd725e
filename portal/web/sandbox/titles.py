"""What each case demands, and what the vendor should do when it is not met."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask_babel import lazy_gettext as _

from portal.domain.conformance.case import CaseId

if TYPE_CHECKING:
    from enum import StrEnum


class CaseText(NamedTuple):
    """The rule in a line, and what to do."""

    title: str
    todo: str


TEXTS: dict[StrEnum, CaseText] = {
    CaseId.CREATE: CaseText(
        _("session/create blir godtatt"),
        _("Åpne en pasient. Send brukerens HelseID-token og kroppen som kontrakten sier, og rett feltet som er nevnt."),
    ),
    CaseId.BOUND: CaseText(
        _("Tokenet er bundet med DPoP og sendes aldri som Bearer"),
        _("Be HelseID om et DPoP-token, og send det i Authorization: DPoP."),
    ),
    CaseId.FRESH: CaseText(
        _("Hvert kall har sitt eget, ferske DPoP-bevis"),
        _("Lag et nytt bevis med ny jti for hvert kall, med metode og adresse for kallet, og still klokken."),
    ),
    CaseId.SOURCE: CaseText(
        _("Hvert kall sier hvilket system det kommer fra"),
        _("Send X-SOURCE-SYSTEM med 3 til 512 tegn."),
    ),
    CaseId.CHALLENGE: CaseText(
        _("Hver økt har sin egen ehr_code_challenge"),
        _("Åpne to pasienter. Lag en ny verifier for hver session/create."),
    ),
    CaseId.IN_TIME: CaseText(
        _("Nettleseren kommer mens koden lever, og bruker den én gang"),
        _("Åpne nettleseren straks svaret på session/create er kommet. Hent en ny kode når pasienten åpnes på nytt."),
    ),
    CaseId.VERIFIER: CaseText(
        _("Nettleseren har med verifieren som hører til"),
        _("Send ehr_code_verifier fra samme session/create som koden."),
    ),
    CaseId.WAY: CaseText(
        _("Kode og verifier kommer med POST eller i fragmentet"),
        _("Send dem med et skjema (POST). Det som står i spørringen i adressen, havner i logger."),
    ),
    CaseId.PERSON: CaseText(
        _("Den som sitter ved nettleseren, er den journalen åpnet pasienten for"),
        _("Bruk én nettleserprofil for hver bruker, og avslutt økten i HelseID når brukeren byttes."),
    ),
    CaseId.PROFILE: CaseText(
        _("Nettleserprofilen beholdes: neste pasient spør ikke om innlogging"),
        _("Åpne en pasient til innen 25 minutter. Gi den innebygde nettleseren en fast profilmappe."),
    ),
    CaseId.REFRESH: CaseText(
        _("Økten fornyes mens pasienten er åpen"),
        _("Kall session/refresh senest når åtte tideler av levetiden er gått, så lenge pasienten er åpen."),
    ),
    CaseId.AFTER_END: CaseText(
        _("Det som er avsluttet, blir ikke fornyet"),
        _("Stopp fornyelsen før session/end sendes."),
    ),
    CaseId.CHANGE: CaseText(
        _("Pasientbytte er en ny session/create i samme HelseID-økt"),
        _("Åpne en annen pasient. Gjør et nytt kall til session/create, og behold brukerens HelseID-økt."),
    ),
    CaseId.OLDER: CaseText(
        _("Den forrige pasienten avsluttes ved pasientbytte"),
        _("Send session/end for den forrige pasienten når en annen åpnes."),
    ),
    CaseId.END: CaseText(
        _("session/end kommer når pasienten lukkes"),
        _("Lukk pasienten. Send session/end med sessionId fra session/create og token fra samme HelseID-økt."),
    ),
    CaseId.REPLY_TO: CaseText(
        _("reply_to er kontorets egen adresse i Adresseregisteret"),
        _("Send HER-id for tjenesten og for virksomheten over. De må være aktive og tilhøre tokenets virksomhet."),
    ),
    CaseId.LANDING: CaseText(
        _("Med service lander brukeren rett på tjenesten"),
        _("Send id for en tjeneste fra /api/catalogue i service, og la nettleseren følge omadresseringen."),
    ),
    CaseId.LAUNCH: CaseText(
        _("En SMART-oppstart når fram til pasienten"),
        _("Start Inngangsportalen fra journalen, og rett det som er nevnt."),
    ),
    CaseId.ON_NONCE: CaseText(
        _("Bes journalen om nonce, gjentas kallet med nonce og nytt bevis"),
        _("Bestill feilen, og gjør et kall. Svar på use_dpop_nonce med DPoP-Nonce i et nytt bevis med ny jti."),
    ),
    CaseId.ON_UNAVAILABLE: CaseText(
        _("Er vi nede, prøver journalen høyst tre ganger på ti sekunder og lykkes siden"),
        _("Bestill feilen, og åpne en pasient. Vent slik Retry-After sier, og gjenta med nytt bevis."),
    ),
    CaseId.ON_CONTEXT_ENDED: CaseText(
        _("Er økten avsluttet, fornyes den ikke mer, og pasienten åpnes på nytt"),
        _("Bestill feilen, og forny en økt. Slutt å fornye den, og gjør et nytt session/create ved neste trykk."),
    ),
    CaseId.ON_START_EXPIRED: CaseText(
        _("Er koden for gammel, hentes en ny når brukeren trykker igjen"),
        _("Bestill feilen, åpne en pasient, og trykk en gang til. Hvert trykk er et nytt session/create."),
    ),
    CaseId.SMART_CONFIGURATION: CaseText(
        _("smart-configuration kan leses av alle"),
        _("Svar med et JSON-objekt under FHIR-adressen på /.well-known/smart-configuration."),
    ),
    CaseId.SMART_AUTHORIZATION: CaseText(
        _("Autorisasjonsendepunktet finnes og svarer"),
        _("Oppgi authorization_endpoint som en https-adresse som svarer fra Inngangsportalens nett."),
    ),
    CaseId.SMART_TOKEN: CaseText(
        _("Tokenendepunktet finnes og svarer"),
        _("Oppgi token_endpoint som en https-adresse som svarer fra Inngangsportalens nett."),
    ),
    CaseId.SMART_GRANT: CaseText(
        _("Autorisasjonskode tilbys"),
        _("Før opp authorization_code i grant_types_supported."),
    ),
    CaseId.SMART_CAPABILITIES: CaseText(
        _("Serveren kan starte apper med pasient og si hvem brukeren er"),
        _("Støtt launch-ehr, sso-openid-connect og context-ehr-patient, og før dem opp i capabilities."),
    ),
    CaseId.SMART_PKCE: CaseText(
        _("PKCE med S256 tilbys, og plain ikke"),
        _("Før opp S256, og bare den, i code_challenge_methods_supported."),
    ),
    CaseId.SMART_ISSUER: CaseText(
        _("Serveren sier hvem som utsteder id-tokenene"),
        _("Oppgi issuer som en https-adresse."),
    ),
    CaseId.SMART_JWKS: CaseText(
        _("Nøklene til id-tokenene kan leses"),
        _("Legg ut de offentlige nøklene på jwks_uri, hver med kid, og aldri den private delen."),
    ),
    CaseId.SMART_METADATA: CaseText(
        _("FHIR-serveren har versjon 4.0.1"),
        _("Svar på /metadata uten innlogging med fhirVersion 4.0.1."),
    ),
    CaseId.SMART_PLAIN: CaseText(_("PKCE med plain avvises"), _("Krev code_challenge_method=S256.")),
    CaseId.SMART_REDIRECT: CaseText(
        _("En fremmed redirect_uri avvises uten omadressering"),
        _("Sammenlign redirect_uri tegn for tegn med den registrerte, og vis feilen hos dere."),
    ),
    CaseId.SMART_AUD: CaseText(
        _("En forespørsel for en annen FHIR-server avvises"),
        _("Krev at aud er egen FHIR-adresse."),
    ),
    CaseId.SMART_CODE: CaseText(
        _("En ukjent kode avvises med riktig feil"),
        _("Svar 400 eller 401 med JSON og invalid_grant eller invalid_client."),
    ),
    CaseId.SMART_ANONYMOUS: CaseText(
        _("En klient som ikke sier hvem den er, avvises med riktig feil"),
        _("Svar 400 eller 401 med JSON og invalid_client."),
    ),
}
"""Every case has its own."""
