"""A target that reads whom its launch is about, and what an answer tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhirclient.models.operationoutcome import OperationOutcome
from sqlalchemy import select
from support.bodies import LINE, answered
from support.helseid import ANNA
from support.keys import ec

from portal.store.tables.log import AuditRow

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page

    Anna = tuple[Browser, Page]

SCOPE = "launch patient/Patient.r user/Practitioner.r"
FHIR = "application/fhir+json"
NUMBER, HPR = str(LINE["number"]), str(ANNA.hpr_number)


def launched(
    world: World, anna: Anna, scope: str = SCOPE, client: str = "demo-melding", service: str = ""
) -> dict[str, Any]:
    """The token response of a launch of these scopes."""
    pushed, verifier = world.push(client, world.handle(*anna, service or client), scope=scope)
    arrived = world.authorize(anna[0], client, pushed.json()["request_uri"])
    return dict(world.redeem(client, answered(arrived)["code"], verifier).json())


def clinician(world: World, client: str = "demo-melding") -> str:
    """Anna's id at a client."""
    return str(world.app.extensions["portal"].keyring.practitioner(client, ANNA.sub))


def of_patient(world: World, given: dict[str, Any], **headers: str) -> Answer:
    """The target reads its patient."""
    return read(world, given, f"Patient/{given['patient']}", **headers)


def read(world: World, given: dict[str, Any], what: str, client: str = "demo-melding", **headers: str) -> Answer:
    """A target reads with the access token of its launch, as its scheme is."""
    token, scheme = given["access_token"], given["token_type"]
    return world.call("GET", f"/fhir/{what}", token, key=ec(client).private, scheme=scheme, **headers)


def is_refused(answer: Answer, status: int, issue: str) -> bool:
    """Whether it is an OperationOutcome that nobody stores, and that tells nothing."""
    assert answer.status == status, answer.body
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (FHIR, "no-store")
    assert not any(secret in answer.body.decode() for secret in (NUMBER, HPR, "Danser", "Fastlege"))
    return bool(OperationOutcome(answer.json()).issue[0].code == issue)


def audited(world: World) -> list[AuditRow]:
    with world.database.read() as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.action == "fhir_read").order_by(AuditRow.id)))


def get(world: World, path: str, **headers: str) -> Answer:
    """A call that brings nothing but these headers."""
    return world.egress.send("GET", f"{world.origin}{path}", headers=headers)
