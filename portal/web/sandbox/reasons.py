"""Why a case was not met, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from portal.domain.conformance.case import Why
from portal.web.sandbox.target import reasons as target

if TYPE_CHECKING:
    from enum import StrEnum

    from portal.domain.conformance.case import Finding

TEXTS: dict[StrEnum, str] = {
    Why.REFUSED: _("Avvist med %(code)s. %(rule)s"),
    Why.NOT_DPOP: _("Tokenet var ikke bundet til en nøkkel, eller ble ikke sendt som DPoP."),
    Why.CHALLENGE_AGAIN: _("To økter hadde samme ehr_code_challenge."),
    Why.LATE: _("Nettleseren kom %(seconds)s sekunder etter session/create. Da var koden for gammel."),
    Why.CODE_AGAIN: _("Nettleseren kom med en kode som alt var brukt."),
    Why.WRONG_VERIFIER: _("Verifieren hørte ikke til koden."),
    Why.BY_QUERY: _("Kode og verifier sto i spørringen i adressen."),
    Why.OTHER_PERSON: _("En annen enn den journalen nevnte, var logget inn i nettleseren."),
    Why.LOGIN_AGAIN: _("Neste pasient krevde ny innlogging, enda nettleseren hadde med informasjonskapsler herfra."),
    Why.LOGIN_AGAIN_WITHOUT_COOKIES: _("Neste pasient krevde ny innlogging: nettleseren hadde glemt at den var her."),
    Why.REFRESH_LATE: _("Fornyelsen kom etter %(seconds)s sekunder. Den må komme innen %(most)s."),
    Why.LEFT_TO_EXPIRE: _("Økten løp ut mens pasienten var åpen."),
    Why.REFRESH_AFTER_END: _("En økt ble fornyet etter at den var avsluttet."),
    Why.REFRESH_WITH_PATIENT: _("session/refresh sa noe mer enn sessionId. %(rule)s"),
    Why.NEW_LOGIN: _("Neste pasient kom i en annen HelseID-økt mens den forrige var åpen."),
    Why.OLDER_KEPT: _("Den forrige pasienten ble fornyet etter pasientbyttet."),
    Why.OLDER_LEFT: _("Den nye pasienten ble avsluttet, men ikke den forrige."),
    Why.END_OF_NOTHING: _("session/end gjaldt en økt som ikke finnes, eller som hører til en annen HelseID-økt."),
    Why.NO_WRITEBACK: _("Adressen ble godtatt, men tokenet mangler HPR-nummer, eller Adresseregisteret svarte ikke."),
    Why.NO_NONCE: _("Neste kall var uten nonce."),
    Why.SAME_PROOF: _("Kallet ble gjentatt med samme jti."),
    Why.TOO_MANY: _("Journalen prøvde %(tries)s ganger på ti sekunder."),
    Why.REFRESH_OF_ENDED: _("Økten ble fornyet etter svaret om at den var avsluttet."),
    Why.SAME_CODE: _("Nettleseren kom igjen med den samme koden."),
    Why.UNREACHABLE: _("Serveren svarte ikke."),
    Why.STATUS: _("Serveren svarte %(status)s."),
    Why.NOT_JSON: _("Svaret var ikke et JSON-objekt."),
    Why.MISSING: _("%(field)s mangler eller har feil type."),
    Why.LACKS: _("%(field)s mangler %(word)s."),
    Why.OFFERS: _("%(field)s har med %(word)s."),
    Why.ADDRESS: _("%(field)s er ikke en https-adresse."),
    Why.NO_KEYS: _("Svaret har ingen nøkler, eller nøkler uten kid."),
    Why.PRIVATE_KEY: _("En privat nøkkel er lagt ut. Bytt den nå."),
    Why.NOT_R4: _("fhirVersion er ikke 4.0.1."),
    Why.WENT_ON: _("Serveren svarte %(status)s og gikk videre i stedet for å avvise."),
    Why.SENT_ABROAD: _("Nettleseren ble sendt til en adresse som ingen har registrert."),
    Why.GAVE_TOKEN: _("Serveren ga ut et token."),
    Why.NO_ERROR_WORD: _("Svaret mangler et feilord fra RFC 6749 §5.2 i error, eller er ikke JSON."),
    Why.NOT_ASKED: _("Ikke prøvd: oppgi --client-id og --redirect-uri, eller en adresse som kan spørres."),
}
"""Every reason has its own."""

_EVERY = TEXTS | target.TEXTS


def told(finding: Finding) -> str:
    """The reason of a finding, with its values; empty when there is none."""
    return (str(_EVERY[finding.why]) % finding.values).strip() if finding.why else ""
