"""A service that everyone may open and the clinicians who try; a test changes what it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portal.adapters import catalogue_file
from portal.domain.catalogue import Catalogue, Service
from portal.domain.identity import Authorisation, Person

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "link_catalog.yaml"
DEMO = ROOT / "portal" / "demo" / "catalog.yaml"

DOCTOR = Person("lege", "Anna Fastlege", 4, "999999901", (Authorisation("LE", "1", ("1",)),))
NURSE = Person("sykepleier", "Bo Sykepleier", 4, "999999902", (Authorisation("SP", "1"),))
MIDWIFE = Person("jordmor", "Cato Jordmor", 4, "999999903", (Authorisation("JO", "1"),))
SECRETARY = Person("kontor", "Dina Kontor", 4)

PLAIN: dict[str, Any] = {
    "id": "tjeneste",
    "kind": "portal",
    "level": "link",
    "owner": "eier",
    "category": "oppslag",
    "title": {"nb": "Tjeneste"},
    "summary": {"nb": "Gjør noe."},
    "patient": "none",
    "endpoints": [{"zone": "helsenett", "url": "https://tjeneste.example/"}],
    "login": {"methods": ["helseid"], "sso": False},
    "context": {"mechanism": "none"},
    "writeback": {"by": "none", "mechanisms": []},
    "access": {"visibility": "public"},
    "languages": ["nb"],
    "status": {"state": "active"},
    "provenance": {"state": "verified", "source": "test", "checked": "2026-11-20"},
}


def a_service(**changes: Any) -> Service:
    """The plain service with these fields instead."""
    return Service.model_validate(PLAIN | changes)


def a_catalogue(*services: dict[str, Any]) -> Catalogue:
    """A catalogue of the plain service changed in these ways, one service each."""
    return Catalogue.model_validate(
        {
            "schema_version": 1,
            "owners": {"eier": {"name": {"nb": "Eier"}}},
            "services": [PLAIN | changes for changes in services],
        }
    )


def demo_catalogue(port: int) -> Catalogue:
    """The demo's own services, with their target at `port`."""
    return catalogue_file.parse(DEMO.read_text(encoding="utf-8").replace("{target}", str(port)), DEMO.name)
