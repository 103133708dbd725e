from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support.catalogue import a_catalogue

from portal.domain.catalogue import Level
from portal.domain.client_registration import Handover
from portal.domain.launch import Success
from portal.domain.service_parts import Stop
from portal.domain.stock import Stock, stock_of

SMART = {"mechanism": "smart_launch"}
DEEP = a_catalogue(
    {"id": "portal", "level": "sso_context", "context": SMART},
    {"id": "dyplenke", "level": "sso", "parent": "portal"},
    {"id": "skjema", "level": "sso_context", "context": SMART, "parent": "portal"},
    {"id": "annen", "level": "sso", "access": {"visibility": "authenticated"}},
)
HANDOVER = Handover(("patient_number", "hpr"), writeback=True)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def stop(kind: str = "fault") -> Stop:
    times = {"from": NOW.isoformat(), "to": (NOW + timedelta(hours=1)).isoformat()}
    return Stop.model_validate({"kind": kind, **times, "message": {"nb": "Nede."}})


def levels(stock: Stock) -> list[str]:
    return [service.level for service in stock.catalogue.services]


def test_a_fresh_installation_shows_links_and_not_promises() -> None:
    assert levels(stock_of(1, DEEP, {}, {})) == ["link"] * 4


def test_a_deep_link_has_the_sign_on_of_its_portal_and_no_context_of_its_own() -> None:
    stock = stock_of(1, DEEP, {"portal": HANDOVER}, {})

    assert levels(stock) == [Level.SSO_CONTEXT, Level.SSO, Level.SSO, Level.LINK]
    assert [stock.handover(service) for service in stock.catalogue.services] == [HANDOVER, None, None, None]


def test_what_an_owner_says_stands_beside_what_the_catalogue_says() -> None:
    planned = a_catalogue({"maintenance": [stop("planned").model_dump(mode="json", by_alias=True)]})
    said = stock_of(1, planned, {}, {"tjeneste": (stop(),), "ukjent": (stop(),)})

    assert [one.kind for one in said.service("tjeneste").maintenance] == ["planned", "fault"]
    assert stock_of(1, planned, {}, {}).catalogue == planned


def test_the_public_part_holds_nothing_of_the_rest() -> None:
    stock = stock_of(1, DEEP, {"portal": HANDOVER, "annen": HANDOVER}, {})

    assert [service.id for service in stock.public().catalogue.services] == ["portal", "dyplenke", "skjema"]
    assert stock.public().handovers == {"portal": HANDOVER}
    assert stock.has("annen")
    assert not stock.public().has("annen")


def test_a_stock_survives_the_disk() -> None:
    stock = stock_of(7, DEEP, {"portal": HANDOVER}, {"portal": (stop(),)})

    assert Stock.model_validate_json(stock.model_dump_json(exclude_defaults=True)) == stock


def test_few_launches_tell_nothing_and_many_failures_do() -> None:
    assert not Success(4, 0).tells
    assert not Success(4, 0).is_poor
    assert Success(5, 2).is_poor
    assert not Success(6, 3).is_poor
