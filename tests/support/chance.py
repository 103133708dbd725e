"""Random catalogues, persons and places, narrow enough that about half of all cases meet."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from portal.domain.access import NO_CONTEXT, ContextFacts
from portal.domain.identity import Authorisation, Organisation, Person

N = int(os.environ.get("N", "300"))
"""How many cases a property is tried on; make test takes another one as N=."""

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ORGANISATIONS = ("983744516", "994598759")
SMART = {"mechanism": "smart_launch"}
ZONES = ("helsenett", "internett")
FIELDS = (
    "professions",
    "authorization",
    "requisition_rights",
    "specialities",
    "roles",
    "municipalities",
    "organizations",
    "min_security_level",
)


def tried(examples: int = N) -> settings:
    """Settings of a property that is tried on so many cases."""
    return settings(max_examples=max(examples, 10), deadline=None)


def _some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


_ASKED: dict[str, st.SearchStrategy[Any]] = {
    "professions": _some("LE", "SP"),
    "authorization": _some("autorisasjon", "lisens"),
    "requisition_rights": _some("1", "2"),
    "specialities": _some("1", "2"),
    "roles": _some("kommuneoverlege", "vikar"),
    "municipalities": _some("0301", "4601") | st.just("any_of_role"),
    "organizations": _some(*ORGANISATIONS),
    "min_security_level": st.sampled_from([3, 4]),
}


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """One field of a rule, more seldom two; each as likely as another."""
    most = draw(st.sampled_from([1, 1, 2]))
    asked = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=most, unique=True))
    return {field: draw(_ASKED[field]) for field in asked}


accesses = st.one_of(
    st.just({"visibility": "public"}),
    st.builds(lambda rule: {"visibility": "public", "rules": [rule]}, rules()),
    st.just({"visibility": "authenticated"}),
    *[
        st.builds(
            lambda many, on_deny: {"visibility": "authorised", "rules": many, "on_deny": on_deny},
            st.lists(rules(), min_size=1, max_size=1) | st.lists(rules(), min_size=1, max_size=2),
            st.sampled_from(["hide", "hide", "hide", "show_info"]),
        )
    ]
    * 5,
)
_RETIRED = {"state": "retired", "retired_on": "2026-10-01"}
services = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["portal"] * 19 + ["phone"]),
        "level": st.sampled_from(["link"] * 4 + ["sso"] * 2 + ["sso_context"] * 4 + ["epj_only"]),
        "patient": st.sampled_from(["required", "optional", "none"]),
        "context": st.sampled_from(
            [SMART] * 4 + [SMART | {"requires": [one]} for one in ("patient_id", "encounter_id")]
        ),
        "endpoints": st.sampled_from([ZONES] * 7 + [ZONES[:1], ZONES[1:], ()]).map(
            lambda zones: [{"zone": zone, "url": "https://x.example/"} for zone in zones]
        ),
        "access": accesses,
        "status": st.sampled_from([{"state": "active"}] * 9 + [{"state": "planned"}, _RETIRED]),
        "fallback": st.just({"nb": "Ring."}),
    }
)


@st.composite
def catalogues(draw: st.DrawFn, most: int = 8) -> list[dict[str, Any]]:
    """Services without an id in common; every second one that can has a client (`clients`)."""
    drawn = draw(st.lists(services, min_size=1, max_size=most))
    return [
        {"id": f"tjeneste-{number}", "title": {"nb": f"Tjeneste {number}"}} | one for number, one in enumerate(drawn)
    ]


authorisations = st.builds(
    Authorisation,
    profession=st.sampled_from(["LE", "LE", "SP"]),
    authorization=st.sampled_from(["1", "1", "4", "3"]),
    requisition_rights=st.sampled_from([(), ("1",), ("2",), ("1", "2")]),
    specialities=st.sampled_from([(), ("1",), ("2",), ("1", "2")]),
)
persons = st.builds(
    Person,
    sub=st.just("sub-1"),
    name=st.just("Syntetisk Testlege"),
    security_level=st.sampled_from([2, 3, 4]),
    hpr_number=st.just("999999901"),
    authorisations=st.lists(authorisations, min_size=0, max_size=2).map(tuple),
    roles=st.frozensets(
        st.sampled_from(["kommuneoverlege:0301", "kommuneoverlege", "vikar:4601", "vikar:0301"]), max_size=2
    ),
)
offices = st.sampled_from([None, *(Organisation(parent) for parent in ORGANISATIONS)])
facts = st.sampled_from(
    [NO_CONTEXT, ContextFacts(patient=True), ContextFacts(patient=True, encounter=True, reply_to=True)]
)
zones = st.sampled_from(ZONES)
