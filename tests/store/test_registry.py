from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.keys import ec

from portal.domain.client_registration import Client, Handover, PublicKey
from portal.domain.registration import Epj
from portal.errors import NotAllowed, RequestRejected
from portal.store import registry
from portal.store.registry import Entry

if TYPE_CHECKING:
    from portal.store.database import Database

KARI, OLA = "kari", "ola"
EPJ = Epj(
    id="eksempel-epj",
    name="EksempelEPJ",
    helseid_client_ids=("epj-1", "epj-2"),
    her_ids=("99000102",),
    transport="simulator",
    transport_address="http://127.0.0.1:9/",
)
CLIENT = Client(
    client_id="melding",
    service="demo-melding",
    owner="Demo-eier",
    keys=(PublicKey.model_validate(ec().public),),
    launch_url="https://melding.example/launch",
    redirect_uris=("https://melding.example/callback",),
    release=("hpr",),
)


def changed(client: Client, **fields: Any) -> Client:
    return client.model_copy(update=fields)


def propose(database: Database, *registrations: Epj | Client, by: str = KARI) -> None:
    for registration in registrations:
        with database.write() as session:
            if isinstance(registration, Epj):
                registry.propose_epj(session, registration, by)
            else:
                registry.propose_client(session, registration, by)


def approve_client(database: Database, by: str = OLA) -> Client | None:
    with database.write() as session:
        return registry.approve_client(session, CLIENT.client_id, by)


def approve_epj(database: Database, epj_id: str = EPJ.id, by: str = OLA) -> Epj | None:
    with database.write() as session:
        return registry.approve_epj(session, epj_id, by)


@pytest.fixture
def both(database: Database) -> None:
    """EPJ and CLIENT, proposed by Kari and approved by Ola."""
    propose(database, EPJ, CLIENT)
    assert approve_epj(database) == EPJ
    assert approve_client(database) == CLIENT


def test_a_proposal_has_no_force(database: Database) -> None:
    propose(database, EPJ, CLIENT)
    with database.read() as session:
        assert registry.epj(session, EPJ.id) is None
        assert registry.epj_of_helseid_client(session, "epj-1") is None
        assert registry.client(session, CLIENT.client_id) is None
        assert registry.client_of_service(session, CLIENT.service) is None
        assert registry.handovers(session) == {}
        assert registry.list_epjs(session) == [Entry(EPJ.id, "proposed", KARI, None)]
        assert registry.list_clients(session) == [Entry(CLIENT.client_id, "proposed", KARI, None)]


@pytest.mark.usefixtures("both")
def test_what_another_has_approved_is_in_force_as_it_was_proposed(database: Database) -> None:
    with database.read() as session:
        assert registry.epj(session, EPJ.id) == EPJ
        assert registry.epj_of_helseid_client(session, "epj-2") == EPJ
        assert registry.epj_of_helseid_client(session, "epj") is None
        assert registry.client(session, CLIENT.client_id) == CLIENT
        assert registry.client_of_service(session, CLIENT.service) == CLIENT
        assert registry.handovers(session) == {CLIENT.service: Handover(CLIENT.release, CLIENT.writeback)}
        assert registry.list_epjs(session) == [Entry(EPJ.id, "enabled", KARI, OLA)]


def test_nobody_approves_their_own(database: Database) -> None:
    propose(database, EPJ, CLIENT)
    for approve in (approve_epj, approve_client):
        with pytest.raises(NotAllowed, match="four_eyes"):
            approve(database, by=KARI)
    with database.read() as session:
        assert registry.epj(session, EPJ.id) is None
        assert registry.client(session, CLIENT.client_id) is None


@pytest.mark.usefixtures("both")
def test_approval_takes_a_proposal(database: Database) -> None:
    assert approve_epj(database) is None
    assert approve_epj(database, "unknown") is None
    with database.write() as session:
        assert registry.disable_epj(session, EPJ.id)
    assert approve_epj(database) is None


@pytest.mark.usefixtures("both")
def test_disabled_means_out_of_force_at_once(database: Database) -> None:
    with database.write() as session:
        assert registry.disable_client(session, CLIENT.client_id)
        assert registry.disable_epj(session, EPJ.id)
        assert not registry.disable_epj(session, "unknown")
    with database.read() as session:
        assert registry.client_of_service(session, CLIENT.service) is None
        assert registry.epj_of_helseid_client(session, "epj-1") is None
        assert registry.handovers(session) == {}


@pytest.mark.usefixtures("both")
def test_a_change_of_what_is_in_force_waits_beside_it(database: Database) -> None:
    wider, switched = changed(CLIENT, release=("patient_number",)), EPJ.model_copy(update={"start_by_query": True})
    propose(database, wider, switched, by=OLA)
    with database.read() as session:
        assert registry.client(session, CLIENT.client_id) == CLIENT
        assert registry.epj(session, EPJ.id) == EPJ
        assert registry.list_clients(session) == [Entry(CLIENT.client_id, "enabled", KARI, OLA, OLA)]
    with pytest.raises(NotAllowed, match="four_eyes"):
        approve_client(database, by=OLA)
    assert (approve_client(database, by=KARI), approve_epj(database, by=KARI)) == (wider, switched)
    with database.read() as session:
        assert registry.client(session, CLIENT.client_id) == wider
        assert registry.list_clients(session) == [Entry(CLIENT.client_id, "enabled", OLA, KARI)]


@pytest.mark.usefixtures("both")
def test_a_change_that_waits_goes_with_what_it_would_change(database: Database) -> None:
    propose(database, changed(CLIENT, release=()))
    with database.write() as session:
        assert registry.disable_client(session, CLIENT.client_id)
    assert approve_client(database) is None


@pytest.mark.usefixtures("both")
def test_a_change_needs_four_eyes_anew(database: Database) -> None:
    with database.write() as session:
        registry.disable_client(session, CLIENT.client_id)
    wider = changed(CLIENT, release=("patient_number",))
    propose(database, wider, by=OLA)
    with database.read() as session:
        assert registry.list_clients(session) == [Entry(CLIENT.client_id, "proposed", OLA, None)]
    with pytest.raises(NotAllowed, match="four_eyes"):
        approve_client(database, by=OLA)
    assert approve_client(database, by=KARI) == wider


@pytest.mark.usefixtures("both")
def test_a_helseid_client_belongs_to_one_epj(database: Database) -> None:
    rival = EPJ.model_copy(update={"id": "annen-epj", "helseid_client_ids": ("epj-2", "epj-3")})
    with pytest.raises(RequestRejected, match="helseid_client_ids"):
        propose(database, rival)
    with database.write() as session:
        registry.disable_epj(session, EPJ.id)
    propose(database, rival)
    assert approve_epj(database, "annen-epj") == rival
    with pytest.raises(RequestRejected, match="helseid_client_ids"):
        propose(database, EPJ)


@pytest.mark.usefixtures("both")
def test_a_service_has_one_client(database: Database) -> None:
    with pytest.raises(RequestRejected, match="service"):
        propose(database, changed(CLIENT, client_id="melding-2"))
