from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support.catalogue import PLAIN, a_catalogue, a_service

from portal.domain.catalogue import Catalogue, Level, Owner, effective, overlay
from portal.domain.translated import Translated
from portal.errors import CatalogueRejected, NotFound

CONTEXT = {"mechanism": "smart_launch", "requires": ["patient_id"]}
STOP = {"from": "2026-12-05T22:00:00+01:00", "to": "2026-12-06T02:00:00+01:00", "message": {"nb": "Vedlikehold"}}


@pytest.mark.parametrize(
    ("declared", "supported", "level"),
    [
        (Level.LINK, None, Level.LINK),
        (Level.SSO, None, Level.LINK),
        (Level.SSO_CONTEXT, None, Level.LINK),
        (Level.SSO_CONTEXT, Level.SSO, Level.SSO),
        (Level.SSO_CONTEXT, Level.SSO_CONTEXT, Level.SSO_CONTEXT),
        (Level.LINK, Level.SSO_CONTEXT, Level.LINK),
        (Level.EPJ_ONLY, None, Level.EPJ_ONLY),
        (Level.EPJ_ONLY, Level.SSO_CONTEXT, Level.EPJ_ONLY),
    ],
)
def test_a_level_is_never_above_what_a_tested_client_supports(
    declared: Level, supported: Level | None, level: Level
) -> None:
    service = a_service(level=declared, context=CONTEXT)

    assert effective(service, supported) == service.model_copy(update={"level": level})


def test_an_address_belongs_to_one_network_and_to_production() -> None:
    ends = [
        {"zone": "helsenett", "url": "https://test.example", "env": "test"},
        {"zone": "helsenett", "url": "https://prod.example"},
        {"zone": "internett", "url": "https://test.example", "env": "test"},
    ]
    service = a_service(endpoints=ends)

    assert service.address("helsenett") == "https://prod.example"
    assert service.address("internett") is None


@pytest.mark.parametrize(
    ("lang", "text", "spoken"),
    [("nb", "Økt", "nb"), ("nn", "Økt", "nb"), ("en", "Session", "en"), ("se", "Økt", "nb")],
)
def test_a_missing_language_falls_back_to_bokmal_and_says_so(lang: str, text: str, spoken: str) -> None:
    title = Translated(nb="Økt", en="Session")

    assert (title.in_language(lang), title.language(lang)) == (text, spoken)


def test_nynorsk_is_used_where_it_is_written() -> None:
    title = Translated(nb="Dødsmeldinger", nn="Dødsmeldingar")

    assert (title.in_language("nn"), title.language("nn")) == ("Dødsmeldingar", "nn")


def test_a_search_reads_the_keywords_of_every_language() -> None:
    service = a_service(keywords={"nb": ["smitte"], "nn": ["smittsam"], "en": ["infectious"]})

    assert service.keywords.every == ("smitte", "smittsam", "infectious")


def test_a_service_is_found_by_its_id() -> None:
    catalogue = a_catalogue({"id": "en"}, {"id": "to"})

    assert catalogue.service("to") is catalogue.services[1]
    with pytest.raises(NotFound, match="service_unknown"):
        catalogue.service("tre")


@pytest.mark.parametrize(
    ("services", "place", "rule"),
    [
        ([{"id": "en"}, {"id": "en"}], ("services", 1, "id"), "another service has the same id"),
        ([{"owner": "ukjent"}], ("services", 0, "owner"), "names no owner"),
        ([{"operator": "ukjent"}], ("services", 0, "operator"), "names no owner"),
        ([{"parent": "ukjent"}], ("services", 0, "parent"), "names no other service"),
        ([{"parent": "tjeneste"}], ("services", 0, "parent"), "names no other service"),
        (
            [{"id": "a"}, {"id": "b", "parent": "a"}, {"id": "c", "parent": "b"}],
            ("services", 2, "parent"),
            "names a service that has a parent itself",
        ),
        (
            [{"status": {"state": "deprecated", "replaced_by": "ukjent"}}],
            ("services", 0, "status", "replaced_by"),
            "names no other service",
        ),
    ],
)
def test_references_must_hold(services: list[dict[str, Any]], place: tuple[str | int, ...], rule: str) -> None:
    with pytest.raises(ValidationError) as caught:
        a_catalogue(*services)

    assert [(error["loc"], error["msg"]) for error in caught.value.errors()] == [(place, rule)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"id": "Æ"}, "match pattern"),
        ({"unknown": 1}, "not permitted"),
        ({"title": {"nn": "Teneste"}}, "Field required"),
        ({"title": {"nb": "to\nlinjer"}}, "one line"),
        ({"title": {"nb": 7}}, "valid string"),
        ({"level": "1B"}, "Input should be"),
        ({"languages": []}, "at least 1 item"),
        ({"access": {"visibility": "authorised"}}, "needs rules"),
        (
            {"access": {"visibility": "authenticated", "rules": [{"roles": ["vikar"]}]}},
            "rules go with visibility authorised",
        ),
        ({"access": {"visibility": "authorised", "rules": [{}]}}, "asks for nothing"),
        ({"access": {"visibility": "authorised", "rules": [{"professions": []}]}}, "at least 1 item"),
        ({"access": {"visibility": "authorised", "rules": [{"municipalities": [301]}]}}, "valid string"),
        ({"access": {"visibility": "authorised", "rules": [{"organizations": ["983744517"]}]}}, "control digit"),
        ({"access": {"visibility": "authorised", "rules": [{"organizations": [983744516]}]}}, "valid string"),
        ({"status": {"state": "retired"}}, "retired_on"),
        ({"status": {"state": "active", "retired_on": "2026-01-01"}}, "retired_on"),
        ({"status": {"state": "retired", "retired_on": "2026-01-01"}}, "what to use instead"),
        ({"status": {"state": "active", "importance": True}}, "valid integer"),
        ({"status": {"state": "active", "importance": 4}}, "less than or equal to 3"),
        ({"provenance": {"state": "verified", "source": "x", "checked": 86400}}, "written out"),
        ({"provenance": {"state": "verified", "source": "x", "checked": "2026-02-30"}}, "valid date"),
        ({"maintenance": [STOP | {"to": "2026-12-05T22:00:00+01:00"}]}, "before"),
        ({"maintenance": [STOP | {"from": "2026-12-05T22:00:00"}]}, "timezone"),
        ({"kind": "epj_message"}, "epj_only"),
        ({"level": "sso_context"}, "context mechanism"),
        ({"endpoints": PLAIN["endpoints"] * 2}, "one endpoint for each zone"),
        ({"login": {"methods": ["helseid"], "sso": "yes"}}, "valid boolean"),
        *(
            ({"endpoints": [{"zone": "internett", "url": url}]}, "http or https address")
            for url in (
                "javascript:alert(1)",
                "https://bruker:passord@x.example",
                "https://x.example/{fnr}",
                "https://x.example/a b",
                "https:///sti",
                "https://x.example\n",
                "https://xn.æ",
            )
        ),
    ],
)
def test_a_service_must_hang_together(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        a_service(**changes)


def test_a_retired_service_may_say_what_to_use_instead() -> None:
    retired = {"state": "retired", "retired_on": "2026-01-01"}

    assert a_service(status=retired, fallback={"nb": "Ring."}).status.state == "retired"
    assert a_service(status=retired | {"replaced_by": "ny"}).status.replaced_by == "ny"


@pytest.mark.parametrize("number", [983744516, "983744517", "98374451", "98374451\uff16"])
def test_an_organisation_number_is_text_with_a_control_digit(number: Any) -> None:
    owner = {"name": {"nb": "Folkehelseinstituttet"}}

    assert Owner.model_validate(owner | {"orgnr": "983744516"}).orgnr == "983744516"
    with pytest.raises(ValidationError):
        Owner.model_validate(owner | {"orgnr": number})


def test_a_catalogue_survives_the_database() -> None:
    rule = {"roles": ["kommuneoverlege"], "municipalities": "any_of_role"}
    catalogue = a_catalogue(
        {"access": {"visibility": "authorised", "rules": [rule]}, "maintenance": [STOP]},
        {"id": "to", "level": "sso_context", "context": CONTEXT},
    )

    assert Catalogue.model_validate_json(catalogue.model_dump_json()) == catalogue


def test_an_overlay_adds_and_never_replaces() -> None:
    base, extra = a_catalogue({"id": "en"}), a_catalogue({"id": "to"})
    demo = Catalogue(schema_version=1, owners={"demo": extra.owners["eier"]}, services=())

    assert overlay(base, demo).owners.keys() == {"eier", "demo"}
    assert overlay(base, demo).services == base.services
    with pytest.raises(CatalogueRejected, match="eier"):
        overlay(base, extra)
    with pytest.raises(CatalogueRejected, match="en"):
        overlay(base, base)
