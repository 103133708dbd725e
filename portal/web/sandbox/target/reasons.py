"""Why a case of a target was not met, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _

from portal.domain.conformance.target.case import Why

if TYPE_CHECKING:
    from enum import StrEnum

TEXTS: dict[StrEnum, str] = {
    Why.NOT_PUSHED: _("Nettleseren hadde parametrene med seg i adressen."),
    Why.STATE_MISSING: _("Forespørselen hadde ingen state."),
    Why.STATE_SHORT: _("state hadde %(length)s tegn. Det er for få til å være umulig å gjette."),
    Why.STATE_AGAIN: _("To forespørsler hadde samme state."),
    Why.AS_BEARER: _("Tokenet ble sendt som Bearer."),
    Why.CODE_LATE: _("Koden ble løst inn %(seconds)s sekunder etter at den ble gitt."),
    Why.CODE_TWICE: _("Den samme koden ble løst inn to ganger."),
    Why.FROM_BROWSER: _("Kallet kom fra en nettleser."),
    Why.OTHER_PATIENT: _("Kopien var for en annen pasient enn den i oppstarten."),
    Why.TO_BE_DECLARED: _("Dette kan ikke ses herfra. Eieren må erklære det."),
    Why.DECLARED: _("Erklært av eieren, ikke sett herfra."),
    Why.LOOP: _("Målportalen prøvde den samme oppstarten på nytt."),
    Why.NOT_TOLD: _("Feilen ble ikke meldt før neste oppstart."),
    Why.REDEEMED: _("Målportalen prøvde å løse inn koden."),
    Why.TRIES: _("Målportalen prøvde %(tries)s ganger på ti sekunder."),
    Why.SAME_CALL_PROOF: _("Kallet ble gjentatt med samme bevis."),
    Why.NOT_REPEATED: _("Kallet ble ikke gjentatt."),
    Why.KEYS_NOT_FETCHED: _("Målportalen meldte feil da id-tokenet hadde en ny nøkkel."),
    Why.NOT_FINISHED: _("Koden ble ikke løst inn etter at klinikeren hadde svart."),
    Why.NOT_USED: _("Tokenet ble ikke brukt etterpå. Hent Patient eller Practitioner, så det er å se."),
    Why.MIXED: _("En kopi var for en annen pasient enn den i sin egen oppstart."),
    Why.FIRST_NOT_SENT: _("Skjemaet for den første pasienten er ikke sendt inn etter at den andre ble åpnet."),
    Why.NOT_COMPARED: _("En kopi ble sendt, enda konteksten var for en annen enn den som er logget inn."),
    Why.WENT_TO_US: _("Målportalen gikk likevel videre hit."),
    Why.NOT_TO_US: _("Målportalen svarte %(status)s, og sendte ikke nettleseren hit."),
}
"""Every reason has its own."""
