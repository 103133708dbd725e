from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.catalogue import DOCTOR, MIDWIFE, NURSE, SHIPPED, demo_catalogue

from portal.adapters import catalogue_file
from portal.domain.access import NO_CONTEXT, Answer, ContextFacts, Decision, Reason, decide
from portal.domain.catalogue import Catalogue, Level, effective
from portal.domain.identity import Authorisation, Organisation, Person
from portal.domain.stock import stock_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OFFICE = Organisation("983744516", "310000043")
PATIENT = ContextFacts(patient=True, encounter=True, reply_to=True)
SHIPPED_CATALOGUE = stock_of(1, catalogue_file.read(SHIPPED), {}, {}).catalogue
DEMO_CATALOGUE = demo_catalogue(8004)

people = st.one_of(
    st.none(),
    st.builds(
        Person,
        sub=st.just("sub"),
        name=st.just("Navn"),
        security_level=st.sampled_from([2, 3, 4]),
        authorisations=st.lists(
            st.builds(
                Authorisation,
                profession=st.sampled_from(["LE", "SP", "JO", "PS", "HE"]),
                authorization=st.sampled_from(["1", "3", "4", ""]),
            ),
            max_size=2,
        ).map(tuple),
        roles=st.frozensets(st.sampled_from(["kommuneoverlege", "kommuneoverlege:0301", "sjomannslege", "admin"])),
    ),
)
services = st.builds(
    effective,
    st.sampled_from(SHIPPED_CATALOGUE.services + DEMO_CATALOGUE.services),
    st.sampled_from([None, Level.LINK, Level.SSO, Level.SSO_CONTEXT]),
)


situations = st.tuples(
    people,
    st.sampled_from([None, OFFICE]),
    st.sampled_from(["helsenett", "internett"]),
    st.builds(ContextFacts, patient=st.booleans(), encounter=st.booleans(), reply_to=st.booleans()),
    services,
    st.datetimes(timezones=st.just(UTC)),
)


@given(situations)
def test_an_open_button_has_no_reason_against_it_and_every_other_answer_has(situation: Any) -> None:
    decision = decide(*situation)

    assert (decision.answer is Answer.OPEN) == (not decision.reasons)
    assert not (decision.warnings and decision.reasons)
    assert len(set(decision.reasons)) == len(decision.reasons)


def listed(catalogue: Catalogue, person: Person | None, answer: Answer) -> set[str]:
    """Ids that get this answer on helsenettet, without a patient."""
    return {
        service.id
        for service in catalogue.services
        if decide(person, OFFICE, "helsenett", NO_CONTEXT, service, NOW).answer is answer
    }


def test_what_ships_tells_nobody_but_the_public_entries() -> None:
    public = {service.id for service in SHIPPED_CATALOGUE.services if service.access.visibility == "public"}

    assert listed(SHIPPED_CATALOGUE, None, Answer.OPEN) | listed(SHIPPED_CATALOGUE, None, Answer.SHOWN) == public
    assert {"helsebiblioteket", "bekymringsmelding", "unaturlig-dodsfall"} <= public


def test_what_ships_for_a_doctor_a_nurse_and_a_midwife() -> None:
    doctor, nurse, midwife = (listed(SHIPPED_CATALOGUE, person, Answer.HIDDEN) for person in (DOCTOR, NURSE, MIDWIFE))

    assert doctor == {
        "vesuv-utbruddsvarsel",
        "sjomannslege",
        "phv-begjaering",
        "gjesteinnbyggerliste",
        "kontaktregister-kommunelege",
    }
    assert doctor < nurse
    assert doctor < midwife
    assert {"msis-klinikermelding", "dodsmelding", "blareseptsoknad", "vaksinebestilling"} <= nurse
    assert {"vaksinebestilling", "pasientreiser-nissy"} <= nurse - midwife
    assert {"kjernejournal", "noklus-diabetes"} <= midwife - nurse


def test_what_ships_for_a_municipal_medical_officer() -> None:
    officer = replace(DOCTOR, roles=frozenset({"kommuneoverlege:0301"}))

    assert listed(SHIPPED_CATALOGUE, officer, Answer.HIDDEN) == {"sjomannslege"}


def test_what_ships_is_done_in_the_journal_where_it_must_be() -> None:
    decision = decide(DOCTOR, OFFICE, "helsenett", PATIENT, SHIPPED_CATALOGUE.service("nav-sykmelding-epj"), NOW)

    assert decision == Decision(Answer.SHOWN, (Reason.DONE_IN_EPJ,))


def test_what_the_demo_shows_a_doctor() -> None:
    assert listed(DEMO_CATALOGUE, DOCTOR, Answer.HIDDEN) == {"demo-jordmor", "demo-kommuneoverlege"}
    assert listed(DEMO_CATALOGUE, DOCTOR, Answer.OPEN) == {"demo-sso"}
    assert listed(DEMO_CATALOGUE, DOCTOR, Answer.SHOWN) == {"demo-melding"}
    assert decide(DOCTOR, OFFICE, "internett", PATIENT, DEMO_CATALOGUE.service("demo-melding"), NOW) == Decision(
        Answer.OPEN
    )
