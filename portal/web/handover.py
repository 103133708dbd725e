"""What a target gets of a launch, by back channel only: as much of the context as its registration allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain.launch import fhir_context
from portal.domain.writeback_choice import Choice
from portal.store import choices
from portal.web.fhir import style
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.client_registration import Client
    from portal.domain.context import Context
    from portal.domain.launch import Launch


def told(launch: Launch, context: Context, client: Client) -> dict[str, Any]:
    """The launch context as SMART App Launch 2.2 names it, without what the client may not learn."""
    portal = parts()
    return {
        "patient": launch.patient_id,
        "encounter": context.encounter if "encounter" in client.release else None,
        "fhirContext": fhir_context(context, client, portal.settings.fhir_issuer),
        "need_patient_banner": True,
        "smart_style_url": style.url(),
        "tenant": portal.keyring.tenant(client.client_id, context.organisation.parent),
    }


def writeback(context: Context, client: Client) -> dict[str, Any]:
    """A right to write back, if the client has it, the journal can take it, and the office has not said never."""
    portal = parts()
    if not (client.writeback and context.can_take_reports(portal.now())):
        return {}
    with portal.database.read() as session:
        if choices.choice(session, context.organisation.label, client.service) is Choice.NEVER:
            return {}
    life = portal.settings.lifetimes.writeback
    return {"writeback_token": portal.token(), "writeback_expires_in": int(life.total_seconds())}
