"""facts/security §4.9: FHIR reads from a server that means harm."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.liar import MISSING
from support.loopback import Asked, Says, raw_server
from support.lying_epj import EPJ, LAUNCH, NUMBER, TOKEN, LyingEpj, client_of, lying_epj
from support.trap import trap

from portal.adapters.bounded import within
from portal.errors import SmartRejected

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from portal.domain.smart.opened import Opened

PATIENT = "/fhir/Patient/p-1"
READS = [
    "PractitionerRole/r-1",
    "Practitioner/d-1",
    "Patient/p-1",
    "Encounter/e-1",
    "Organization/o-1",
    "Organization/o-2",
]


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        it.claims = {"fhirUser": "PractitionerRole/r-1"}
        yield it


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An origin that nobody may ask anything of."""
    with trap() as origin:
        yield origin


def launched(epj: LyingEpj, **registration: Any) -> Opened:
    client, server = client_of(epj), epj.registered(**registration)
    begun = client.begin(EPJ, server, LAUNCH)
    return client.finish(EPJ, server, epj.follow(begun.url), iss=None, verifier=begun.verifier, nonce=begun.nonce)


def refused(epj: LyingEpj, **registration: Any) -> SmartRejected:
    with pytest.raises(SmartRejected) as caught:
        launched(epj, **registration)
    assert NUMBER not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("path", "field", "kind"),
    [
        ("PractitionerRole/r-1", "practitioner", "Practitioner"),
        ("PractitionerRole/r-1", "organization", "Organization"),
        ("Encounter/e-1", "subject", "Patient"),
        ("Encounter/e-1", "serviceProvider", "Organization"),
        ("Organization/o-1", "partOf", "Organization"),
    ],
)
def test_a_reference_to_another_host_never_gets_the_token(
    epj: LyingEpj, elsewhere: str, path: str, field: str, kind: str
) -> None:
    """H209."""
    if field == "serviceProvider":
        epj.claims = {}
    epj.resources[path][field] = {"reference": f"{elsewhere}/fhir/{kind}/x"}
    error = refused(epj)
    assert error.detail.startswith(f"{path.partition('/')[0]}.{field}: an absolute reference must lie below the issuer")


def test_a_clinician_and_an_office_at_another_host_never_get_the_token(epj: LyingEpj, elsewhere: str) -> None:
    """H209."""
    epj.claims = {"fhirUser": f"{elsewhere}/fhir/Practitioner/d-1"}
    assert refused(epj).code == "smart_user_invalid"
    epj.claims = {}
    epj.tokens = {"encounter": MISSING, "fhirContext": [{"reference": f"{elsewhere}/fhir/Organization/o-1"}]}
    assert refused(epj).code == "smart_organisation_invalid"


def test_a_bundle_and_its_next_page_are_not_followed(epj: LyingEpj, elsewhere: str) -> None:
    """H209."""
    link = [{"relation": "next", "url": f"{elsewhere}/fhir/Patient?page=2"}]
    bundle = {
        "resourceType": "Bundle",
        "id": "p-1",
        "link": link,
        "entry": [{"resource": epj.resources["Patient/p-1"]}],
    }
    epj.resources["Patient/p-1"] = bundle
    assert (refused(epj).code, "Bundle" in refused(epj).detail) == ("smart_resource_invalid", True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", [TOKEN, PATIENT])
def test_a_redirect_is_followed_nowhere(epj: LyingEpj, elsewhere: str, path: str, status: int) -> None:
    """H209."""
    epj.overrides[path] = lambda _: Says(b"", status, {"Location": f"{elsewhere}{path}"})
    assert str(status) in refused(epj).detail


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(lambda it: it.tokens.update(patient=MISSING), id="0 in the token response"),
        pytest.param(lambda it: it.tokens.update(patient=["p-1", "p-2"]), id="2 in the token response"),
        pytest.param(lambda it: it.tokens.update(fhirContext=[{"reference": "Patient/p-2"}]), id="2 with fhirContext"),
        pytest.param(lambda it: it.resources["Patient/p-1"].update(identifier=[]), id="0 numbers"),
        pytest.param(
            lambda it: it.resources["Patient/p-1"]["identifier"].append(
                it.resources["Patient/p-1"]["identifier"][0] | {"value": "13917099805"}
            ),
            id="2 numbers",
        ),
        pytest.param(
            lambda it: it.resources["Encounter/e-1"].update(subject={"reference": "Patient/p-2"}),
            id="2 with the consultation",
        ),
    ],
)
def test_no_patient_or_two_stop_the_launch(epj: LyingEpj, lie: Callable[[LyingEpj], Any]) -> None:
    """H211."""
    lie(epj)
    assert refused(epj).code == "smart_patient_invalid"


def _deep() -> bytes:
    return b'{"resourceType": "Patient", "id": "p-1", "meta": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(lambda: Says(b" " * 100_000_000), id="100 MB"),
        pytest.param(
            lambda: Says(gzip.compress(b" " * 100_000_000), 200, {"Content-Encoding": "gzip"}), id="a gzip bomb"
        ),
        pytest.param(lambda: Says(gzip.compress(b"{}")), id="gzip that does not say so"),
        pytest.param(lambda: Says(_deep()), id="deep JSON"),
        pytest.param(lambda: Says(b"<html>"), id="HTML"),
        pytest.param(lambda: Says(b""), id="nothing"),
        pytest.param(lambda: Says(b"\xff\xfe"), id="no UTF-8"),
        pytest.param(lambda: Says(b'{"id": "p-1", "id": "p-1", "resourceType": "Patient"}'), id="a name twice"),
        pytest.param(lambda: Says({"resourceType": "Patient", "id": "p-1"}, 201), id="created"),
        pytest.param(lambda: Says({"resourceType": "OperationOutcome"}, 404), id="unknown"),
        pytest.param(lambda: Says({"resourceType": "OperationOutcome"}, 410), id="gone"),
    ],
)
def test_an_answer_that_is_no_resource_is_refused_in_time(epj: LyingEpj, says: Callable[[], Says]) -> None:
    """H213."""
    said = says()
    epj.overrides[PATIENT] = lambda _: said
    started = time.monotonic()
    error = refused(epj)
    assert (error.code, error.detail.startswith("Patient: ")) == ("smart_resource_invalid", True)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("path", READS)
def test_an_answer_of_1_mb_is_read_and_one_more_byte_is_not(epj: LyingEpj, path: str) -> None:
    whole = json.dumps(epj.resources[path]).encode()
    said = whole + b" " * (1_000_000 - len(whole))
    epj.overrides[f"/fhir/{path}"] = lambda _: Says(said)
    assert launched(epj).patient.number == NUMBER
    epj.overrides[f"/fhir/{path}"] = lambda _: Says(said + b" ")
    assert "1 MB" in refused(epj).detail


def test_an_answer_that_does_not_come_is_left_after_five_seconds(epj: LyingEpj) -> None:
    """H213."""

    def hesitate(_: Asked) -> Says:
        time.sleep(5.5)
        return Says(epj.resources["Patient/p-1"])

    epj.overrides[PATIENT] = hesitate
    started = time.monotonic()
    error = refused(epj)
    assert (error.code, error.detail.startswith("Patient: ")) == ("smart_unreachable", True)
    assert time.monotonic() - started > 4.9


def test_answers_that_are_each_in_time_are_left_after_ten_seconds_together(epj: LyingEpj) -> None:
    def hesitate(asked: Asked) -> Says:
        time.sleep(4)
        return Says(epj.resources[asked.path.removeprefix("/fhir/")])

    epj.overrides = {f"/fhir/{path}": hesitate for path in READS}
    started = time.monotonic()
    error = refused(epj)
    assert (error.code, error.detail.startswith("Patient: ")) == ("smart_unreachable", True)
    assert time.monotonic() - started > 9.9


def test_an_answer_that_drips_is_left_in_time(epj: LyingEpj) -> None:
    """H213."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    with raw_server(drip) as slow:
        epj.configuration["token_endpoint"] = f"{slow}/token"
        started = time.monotonic()
        with within(0.5):
            assert refused(epj, origins=[slow]).code == "smart_unreachable"
        assert time.monotonic() - started < 3


def test_html_in_a_name_stays_text(epj: LyingEpj) -> None:
    """H215: what shows it escapes it."""
    epj.resources["Patient/p-1"]["name"] = [{"family": "<script>alert(1)</script>", "given": ["&amp;"]}]
    assert launched(epj).patient.name == "&amp; <script>alert(1)</script>"


def test_an_expired_token_is_renewed_once(epj: LyingEpj) -> None:
    """H217."""
    epj.tokens, epj.open_to = {"refresh_token": "rt-1"}, set()
    assert launched(epj).patient.number == NUMBER
    assert [asked.form["grant_type"] for asked in epj.asked_for(TOKEN)] == ["authorization_code", "refresh_token"]
    shown = [asked.headers["authorization"] for asked in epj.asked if "authorization" in asked.headers]
    assert shown == ["Bearer at-1", *["Bearer at-2"] * 6]


def test_a_server_that_is_content_with_no_token_is_asked_for_one_renewal(epj: LyingEpj) -> None:
    """H217."""
    epj.tokens = {"refresh_token": "rt-1"}
    epj.overrides[PATIENT] = lambda _: Says({"resourceType": "OperationOutcome"}, 401)
    error = refused(epj)
    assert (error.code, error.detail.startswith("Patient: ")) == ("smart_refused", True)
    assert len(epj.asked_for(PATIENT)) == len(epj.asked_for(TOKEN)) == 2


def test_a_renewal_is_spent_by_the_first_resource_that_needs_it(epj: LyingEpj) -> None:
    """H217."""
    epj.tokens, epj.open_to = {"refresh_token": "rt-1"}, set()
    epj.overrides[PATIENT] = lambda _: Says(b"", 401)
    assert refused(epj).code == "smart_refused"
    assert (len(epj.asked_for(PATIENT)), len(epj.asked_for(TOKEN))) == (1, 2)


@pytest.mark.parametrize("refresh_token", [MISSING, None])
def test_without_a_refresh_token_there_is_no_second_try(epj: LyingEpj, refresh_token: Any) -> None:
    """H217."""
    epj.tokens, epj.open_to = {"refresh_token": refresh_token}, set()
    error = refused(epj)
    assert (error.code, "401" in error.detail) == ("smart_refused", True)
    assert len(epj.asked_for(TOKEN)) == 1


def test_a_renewal_that_is_refused_ends_the_launch(epj: LyingEpj) -> None:
    """H217."""
    epj.tokens, epj.open_to = {"refresh_token": "rt-9"}, set()
    assert refused(epj).code == "smart_refused"
    assert len(epj.asked_for(TOKEN)) == 2


def test_a_token_that_may_not_read_is_not_renewed(epj: LyingEpj) -> None:
    epj.tokens = {"refresh_token": "rt-1"}
    epj.overrides[PATIENT] = lambda _: Says({"resourceType": "OperationOutcome"}, 403)
    error = refused(epj)
    assert (error.code, "403" in error.detail, len(epj.asked_for(TOKEN))) == ("smart_refused", True, 1)


def test_their_trouble_is_not_a_verdict(epj: LyingEpj) -> None:
    epj.overrides[PATIENT] = lambda _: Says(b"", 502)
    assert refused(epj).code == "smart_unreachable"
