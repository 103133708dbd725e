"""facts/security §4.7, H183, and §4.9 as it holds for documents: a journal that lies, and one that leads away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.fhir_clinic import FhirClinic, fhir_clinic
from support.fhir_journal import HTML
from support.loopback import Says

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.hostile

EMPTY, NOTHING = Says(b"", 200), Says(b"", 204)
LIES: dict[str, Says] = {
    "html": HTML,
    "empty": EMPTY,
    "no content": NOTHING,
    "wrong id": Says({"resourceType": "DocumentReference", "id": "another"}),
    "wrong type": Says({"resourceType": "OperationOutcome", "issue": []}),
    "a bundle": Says({"resourceType": "Bundle", "type": "transaction-response", "entry": []}),
    "not an object": Says([]),
    "not JSON": Says(b"{", 200),
    "a name twice": Says(b'{"resourceType": "Bundle", "resourceType": "DocumentReference"}', 200),
    "deep": Says(b"[" * 100_000, 200),
    "created": Says(b"", 201, {"Location": "/fhir/DocumentReference/another"}),
}


@pytest.fixture
def clinic(sqlite_url: str, tmp_path: Path) -> Iterator[FhirClinic]:
    with fhir_clinic(sqlite_url, tmp_path) as at:
        yield at


def not_filed(clinic: FhirClinic, given: dict[str, Any], state: str) -> None:
    told, (_, received, filed) = clinic.state(given)
    assert (told, received, filed) == (state, False, False)
    assert clinic.filed.documents == {}
    clinic.nothing_is_told()


@pytest.mark.parametrize("lie", LIES)
def test_H183_a_yes_that_is_not_the_document_is_not_delivered(clinic: FhirClinic, lie: str) -> None:
    given = clinic.report()
    clinic.filed.refuses["PUT"] = LIES[lie]
    clinic.turn()
    not_filed(clinic, given, "sent")
    assert (clinic.way(), len(clinic.journal.posts)) == ("simulator", 1)


@pytest.mark.parametrize("lie", ["html", "empty", "wrong id"])
def test_H183_a_server_that_says_it_to_everything_has_nothing_delivered(clinic: FhirClinic, lie: str) -> None:
    given = clinic.report()
    clinic.filed.refuses = {"PUT": LIES[lie], "GET": LIES[lie]}
    clinic.turn()
    not_filed(clinic, given, "queued")
    assert clinic.journal.posts == []


def test_H183_a_document_of_another_is_not_ours(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.turn()
    ((own_id, document),) = clinic.filed.documents.items()
    clinic.at.world.put(given, "d-2")
    clinic.filed.refuses["PUT"] = Says(document)
    clinic.turn()
    assert list(clinic.filed.documents) == [own_id]
    assert clinic.at.world.state_of(given, "d-2").json()["filed"] is False


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_H209_a_journal_that_leads_elsewhere_is_not_followed(clinic: FhirClinic, elsewhere: str, status: int) -> None:
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says(b"", status, {"Location": f"{elsewhere}/fhir/DocumentReference/x"})
    clinic.turn()
    not_filed(clinic, given, "queued")


def test_H213_an_answer_without_end_is_cut_off(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says(b" " * 25_000_000, 200)
    clinic.turn()
    not_filed(clinic, given, "queued")
