"""The token response of a launch, and the tokens in it as we keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from portal.domain.bodies import TokenResponse
from portal.domain.launch import fhir_context
from portal.store.launches import ACCESS, WRITEBACK, Token
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.domain.registration import Client

TOKEN_TYPE: Literal["DPoP"] = "DPoP"  # noqa: S105  a scheme, not a secret


def compose(launch: Launch, context: Context | None, client: Client, scope: str) -> dict[str, Any]:
    """What the target's server gets: as much of the context as its registration allows, by back channel only."""
    portal = parts()
    given = TokenResponse(
        access_token=portal.token(),
        token_type=TOKEN_TYPE,
        expires_in=int(portal.settings.lifetimes.access_token.total_seconds()),
        scope=scope,
        trace_id=launch.id,
        sub=launch.sub,
        **(_of_context(launch, context, client) if context else {}),
    )
    return given.model_dump(mode="json", exclude_none=True)


def tokens(
    given: dict[str, Any], launch: Launch, client_id: str, jkt: str, now: datetime
) -> Iterator[tuple[str, Token]]:
    """Each secret of an answer with what it stands for."""
    secrets = ((ACCESS, "access_token", "expires_in"), (WRITEBACK, "writeback_token", "writeback_expires_in"))
    for kind, secret, life in secrets:
        if secret in given:
            expires_at = now + timedelta(seconds=given[life])
            yield given[secret], Token(kind, launch.id, client_id, jkt, given["scope"], expires_at)


def _of_context(launch: Launch, context: Context, client: Client) -> dict[str, Any]:
    portal = parts()
    told: dict[str, Any] = {
        "patient": launch.patient_id,
        "encounter": context.encounter if "encounter" in client.release else None,
        "fhirContext": fhir_context(context, client, portal.settings.fhir_issuer),
        "tenant": portal.keyring.tenant(client.client_id, context.organisation.parent),
    }
    if client.writeback and context.can_take_messages:
        told["writeback_token"] = portal.token()
        told["writeback_expires_in"] = int(portal.settings.lifetimes.writeback.total_seconds())
    return told
