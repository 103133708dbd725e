"""The list for the EPJ's own menus: signed, hers alone, and true of what can be opened."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from jsonschema import Draft202012Validator
from support.bodies import LINE, session_body
from support.catalogue import a_catalogue
from support.helseid import ANNA, CATO, DINA
from support.keys import ec
from support.staging import living

from portal.adapters import catalogue_file
from portal.demo.browser import Hop
from portal.domain import jose
from portal.domain.assignment import RoleAssignment
from portal.domain.catalogue import Catalogue, overlay
from portal.domain.epj_session import ORGNR_PARENT
from portal.domain.identity import PID, SECURITY_LEVEL
from portal.store import assignments
from portal.store.publishing import publish

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser

PATH = "/api/catalogue"


def ask(world: World, token: str, **headers: str) -> Answer:
    return world.call("GET", PATH, token, key=None, **headers)


def read(world: World, answer: Answer) -> dict[str, Any]:
    """What the list says, verified as a vendor would: by joserfc as it comes, and with the keys that we publish."""
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jose")
    keys = KeySet.import_key_set(world.egress.send("GET", f"{world.origin}/.well-known/jwks.json").json())
    signed = jws.deserialize_compact(answer.body, keys, algorithms=["ES256"])
    assert signed.headers() == {"alg": "ES256", "kid": ec("catalogue").private["kid"], "typ": "catalogue+jwt"}
    assert signed.payload
    return dict(json.loads(signed.payload))


def list_of(world: World, token: str) -> dict[str, Any]:
    return read(world, ask(world, token))


def ids(said: dict[str, Any]) -> set[str]:
    return {one["id"] for one in said["services"]}


def put_in_force(world: World, extra: Catalogue) -> None:
    demo = world.app.extensions["portal"].shelf.stock().catalogue
    publish(world.settings, overlay(extra, demo), by="test", based_on=1)


def told(world: World, **changes: Any) -> str:
    """Anna's token from her EPJ, where some claims are others, or (None) not there."""
    claims = dict(jose.peek(world.epj_token(ANNA)).claims) | changes
    return world.provider.key.sign({name: value for name, value in claims.items() if value is not None}, "at+jwt")


def test_a_list_is_the_reader_s_own_and_for_five_minutes(world: World) -> None:
    world.log_in(world.browser(), ANNA)
    said = list_of(world, world.epj_token(ANNA))
    assert (said["iss"], said["aud"], said["sub"]) == (world.origin, "epj", ANNA.sub)
    assert said["exp"] - said["iat"] == 300
    assert abs(said["iat"] - world.clock().timestamp()) < 60
    assert said["organisation"] == {"parent": "999977774", "child": "999977775"}
    assert said["landing"]["go"].replace("{service}", "demo-sso") == f"{world.origin}/go/demo-sso"


def test_it_is_as_the_contract_describes_it(world: World, request: pytest.FixtureRequest) -> None:
    put_in_force(world, catalogue_file.read(request.config.rootpath / "link_catalog.yaml"))
    contract = world.egress.send("GET", f"{world.origin}/api/openapi.json").json()
    answer = contract["paths"][PATH]["get"]["responses"]["200"]["content"]["application/jose"]["schema"]
    payload = {"components": contract["components"], **answer["contentSchema"]["prefixItems"][1]}
    said = list_of(world, world.epj_token(ANNA))
    Draft202012Validator(payload).validate(said)
    assert not Draft202012Validator(payload).is_valid(said | {"surprise": 1})


def test_somebody_else_s_service_is_not_in_it(world: World) -> None:
    world.log_in(world.browser(), ANNA)
    assert ids(list_of(world, world.epj_token(ANNA))) == {"demo-melding", "demo-sso"}


def test_who_has_not_logged_in_here_gets_what_needs_no_profession_and_the_rest_after_a_login(world: World) -> None:
    put_in_force(world, a_catalogue({"access": {"visibility": "authenticated"}}))
    token = world.epj_token(ANNA)
    before = ask(world, token)
    unknown = read(world, before)
    assert (unknown["person"], ids(unknown)) == ("unknown", {"tjeneste"})
    assert "seenAt" not in unknown
    world.log_in(world.browser(), ANNA)
    after = ask(world, token, **{"If-None-Match": before.headers["etag"]})
    known = read(world, after)
    assert (known["person"], ids(known)) == ("known", {"tjeneste", "demo-melding", "demo-sso"})
    assert abs(datetime.fromisoformat(known["seenAt"]) - world.clock()) < timedelta(minutes=1)


def test_who_has_not_come_for_a_month_is_unknown_again(world: World) -> None:
    world.log_in(world.browser(), ANNA)
    world.clock.ahead += timedelta(days=29)
    assert list_of(world, world.epj_token(ANNA))["person"] == "known"
    world.clock.ahead += timedelta(days=1)
    assert list_of(world, world.epj_token(ANNA))["person"] == "unknown"


@pytest.mark.parametrize("logs_in", [False, True])
def test_a_local_role_counts_from_when_it_is_assigned(world: World, *, logs_in: bool) -> None:
    if logs_in:
        world.log_in(world.browser(), ANNA)
    token = world.epj_token(ANNA)
    assert "demo-kommuneoverlege" not in ids(list_of(world, token))
    role = RoleAssignment(role="kommuneoverlege", municipality="0301")
    with world.database.write() as session:
        assignments.assign(session, f"hpr:{ANNA.hpr_number}", role, "operator", world.clock())
    assert "demo-kommuneoverlege" in ids(list_of(world, token))


def test_the_security_level_is_the_token_s_and_not_the_one_of_the_login_here(database_url: str, tmp_path: Path) -> None:
    with living(database_url, tmp_path, helseid_min_security_level=3) as world:
        rule = {"visibility": "authorised", "rules": [{"min_security_level": 4}]}
        put_in_force(world, a_catalogue({"access": rule}))
        world.log_in(world.browser(), DINA)
        token = world.epj_token(DINA)
        lower = dict(jose.peek(token).claims) | {SECURITY_LEVEL: "3"}
        answers = {}
        for level, held in (("4", token), ("3", world.provider.key.sign(lower, "at+jwt"))):
            service = next(one for one in list_of(world, held)["services"] if one["id"] == "tjeneste")
            answers[level] = service["access"]["helsenett"]["withoutPatient"]
        assert answers["4"] == {"answer": "open", "reasons": [], "warnings": []}
        assert answers["3"] == {"answer": "shown", "reasons": ["security_level"], "warnings": []}


def test_it_is_not_sent_again_while_it_is_as_it_was(world: World) -> None:
    world.log_in(world.browser(), ANNA)
    token = world.epj_token(ANNA)
    first = ask(world, token)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    world.clock.ahead += timedelta(seconds=5)
    again = ask(world, token, **{"If-None-Match": etag})
    assert (again.status, again.body) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (etag, "private, no-cache")
    assert ask(world, token).body != first.body
    role = RoleAssignment(role="kommuneoverlege")
    with world.database.write() as session:
        assignments.assign(session, f"sub:{ANNA.sub}", role, "operator", world.clock())
    changed = ask(world, token, **{"If-None-Match": etag})
    assert changed.status == 200
    assert changed.headers["etag"] != etag


def test_open_in_the_list_is_what_the_launch_accepts(world: World, request: pytest.FixtureRequest) -> None:
    put_in_force(world, catalogue_file.read(request.config.rootpath / "link_catalog.yaml"))
    browser, token = world.browser(), world.epj_token(ANNA)
    world.log_in(browser, ANNA)
    patient = world.start(browser, world.open_session(token, encounter="e-1", reply_to=None)).url
    said = {one["id"]: one["access"]["internett"] for one in list_of(world, token)["services"]}
    every = [one.id for one in world.app.extensions["portal"].shelf.stock().catalogue.services]
    assert 50 < len(said) < len(every)
    expected = {"open": 200, "shown": 403, "": 404}
    for place, key in ((patient, "withPatient"), (f"{world.origin}/", "withoutPatient")):
        pressed = {one: press(browser, f"{place}open/{one}", world.origin) for one in every}
        assert pressed == {one: expected[said[one][key]["answer"] if one in said else ""] for one in every}
        assert set(pressed.values()) == {200, 403, 404}


def test_the_landing_of_the_list_lands_on_the_service(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    token = world.epj_token(ANNA)
    said = list_of(world, token)
    service = next(one for one in said["services"] if one["needs"] == ["patient"])
    template = said["landing"]["sessionCreate"]
    added = {name: value.replace("{service}", service["id"]) for name, value in template.items()}
    page = world.start(browser, world.open_session(token, reply_to=None, **added))
    assert page.url.endswith(f"/open/{service['id']}")
    assert page.status == 200


def test_no_number_and_no_name_of_hers_is_in_it(world: World) -> None:
    world.log_in(world.browser(), ANNA)
    answer = ask(world, world.epj_token(ANNA))
    said = json.dumps(read(world, answer), ensure_ascii=False)
    told_by = f"{said}{sorted(answer.headers.items())}"
    for part in (ANNA.pid, str(ANNA.hpr_number), ANNA.given_name, ANNA.family_name):
        assert part not in told_by


def test_a_token_that_opens_no_patient_gets_no_list(world: World) -> None:
    def refused(**changes: Any) -> tuple[int, str]:
        token = told(world, **changes)
        answers = [ask(world, token), world.call("POST", "/api/session/create", token, session_body("v" * 43, LINE))]
        assert answers[0].headers["cache-control"] == "no-store"
        got = {(answer.status, answer.json()["code"]) for answer in answers}
        assert len(got) == 1
        return got.pop()

    machine: dict[str, Any] = {"sub": None, "sid": None, PID: None}
    assert refused(**machine) == refused(**{PID: None}) == (403, "user_token_required")
    assert refused(aud="nhn:kjernejournal") == (401, "invalid_token")
    assert refused(aud=["inngangsportalen", "nhn:kjernejournal"]) == (401, "invalid_token")
    assert refused(exp=1_700_000_000) == (401, "invalid_token")
    assert refused(cnf={"jkt": "x" * 43}) == (401, "invalid_dpop_proof")
    assert refused(scope=["openid"]) == (403, "insufficient_scope")
    assert refused(client_id="stranger") == (403, "epj_unknown")
    assert refused(**{SECURITY_LEVEL: "3"}) == (403, "security_level_too_low")
    assert refused(**{ORGNR_PARENT: None}) == (422, "organisation_missing")


def test_it_is_for_proven_tokens_and_for_get_alone(world: World) -> None:
    token = world.epj_token(ANNA)
    refused = ask(world, token, Authorization=f"Bearer {token}")
    assert (refused.status, refused.json()["code"]) == (401, "invalid_token")
    assert "DPoP" in refused.headers["www-authenticate"]
    unsigned = ask(world, token, **{"X-SOURCE-SYSTEM": "x"})
    assert (unsigned.status, unsigned.json()["code"]) == (400, "bad_request")
    assert [world.call(method, PATH, token).status for method in ("POST", "HEAD")] == [405, 405]
    assert ask(world, world.epj_token(CATO)).json()["code"] == "security_level_too_low"


def test_who_is_kept_out_gets_none(world: World) -> None:
    world.log_in(world.browser(), ANNA)
    token = world.epj_token(ANNA)
    with world.database.write() as session:
        assignments.disable(session, f"hpr:{ANNA.hpr_number}", "operator", world.clock())
    answer = ask(world, token)
    assert (answer.status, answer.json()["code"]) == (403, "person_disabled")


def press(browser: Browser, url: str, origin: str) -> int:
    """The status of a click on `open`."""
    return browser.step(Hop("POST", url, {}, origin)).status
