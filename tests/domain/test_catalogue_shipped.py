"""What ships: every service that the sources know, in three languages, and nothing that nobody has seen."""

from __future__ import annotations

import pytest
from support.catalogue import SHIPPED

from portal.adapters import catalogue_file
from portal.adapters.catalogue_text import dump
from portal.domain.catalogue import Service
from portal.domain.stock import stock_of
from portal.domain.translated import Translated

CATALOGUE = catalogue_file.read(SHIPPED)


def texts(service: Service) -> list[Translated]:
    """Everything that is said of a service in words of ours."""
    of_service = (getattr(service, field) for field in Service.model_fields)
    notes = (end.note for end in service.endpoints)
    owner = CATALOGUE.owners[service.owner].name
    return [text for text in (*of_service, *notes, owner) if isinstance(text, Translated)]


def test_it_declares_context_where_the_sources_know_of_a_smart_app_and_shows_a_link_until_a_client_is_there() -> None:
    declared = {service.id for service in CATALOGUE.services if service.level == "sso_context"}
    assert declared == {"msis-klinikermelding", "nav-sykmelding-ny"}
    shown = {service.level for service in stock_of(1, CATALOGUE, {}, {}).catalogue.services}
    assert shown == {"link", "epj_only"}


def test_it_is_in_canonical_form() -> None:
    assert dump(CATALOGUE) == SHIPPED.read_text(encoding="utf-8")


def test_it_has_every_service_of_the_sources_and_none_that_nobody_has_verified() -> None:
    states = [service.provenance.state for service in CATALOGUE.services]
    assert (states.count("verified"), states.count("partly"), states.count("unverified")) == (37, 17, 0)
    assert {"sykdomspulsen", "tt-kort", "adopsjon-fosterhjem"}.isdisjoint(one.id for one in CATALOGUE.services)


@pytest.mark.parametrize("service", CATALOGUE.services, ids=lambda service: service.id)
def test_every_entry_is_whole(service: Service) -> None:
    assert all(text.nn and text.en for text in texts(service))
    assert len(service.keywords.nb) >= 6
    assert service.keywords.nn
    assert service.keywords.en
    assert service.access.visibility == "public"
    assert service.provenance.unverified or service.provenance.state == "verified"
    assert service.fallback or service.status.importance > 1


def test_what_is_done_on_an_address_has_one_or_says_that_it_is_not_known() -> None:
    silent = {
        service.id
        for service in CATALOGUE.services
        if service.level != "epj_only" and not service.endpoints and service.kind != "phone"
    }
    told = " ".join(
        " ".join(service.provenance.unverified) for service in CATALOGUE.services if service.id in silent
    ).lower()
    assert len(silent) < 20
    assert "adresse" in told or "vert" in told
