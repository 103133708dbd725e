"""Every operation answers as it is described, whoever calls and whatever comes.

The seed is fixed: SEED= takes another one, N= more cases.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode, checks
from schemathesis.config import SchemathesisConfig
from support.callers import OPENS, Callers
from support.chance import N, tried
from support.helseid import ANNA
from support.staging import living

from portal.web.openapi.description import description

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import PostgreSQL
    from support.world import World

SEED = int(os.environ.get("SEED", "20261120"))
# No schema can say which requests wait for a browser, nor that a stop ends after it has begun.
MAY_REFUSE_WHAT_IS_VALID = {"GET /oauth/authorize", "POST /oauth/authorize", "PUT /api/notices/{notice_id}"}
# Nor which token holds, which schemathesis takes for one that it made up itself.
NOT_OF_KNOWN = [checks.positive_data_acceptance, checks.ignored_auth]
DESCRIBED = description("http://127.0.0.1")
# Of an answer, schemathesis 4.32 turns `prefixItems` into what only draft 4 knew; test_epj_catalogue reads this one.
DESCRIBED["paths"]["/api/catalogue"]["get"]["responses"]["200"]["content"]["application/jose"]["schema"].pop(
    "contentSchema"
)
# Among them 411, which schemathesis does not count as a refusal: some of its bodies come in chunks.
REFUSALS = {"negative_data_rejection": {"expected-statuses": ["4xx"]}}
CONFIG = SchemathesisConfig.from_dict({"seed": SEED, "checks": REFUSALS})
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED, config=CONFIG)
OPERATIONS = {
    f"{method.upper()} {path}": SCHEMA[path][method] for path, item in DESCRIBED["paths"].items() for method in item
}
SOME, FEW = (settings(tried(N // part), suppress_health_check=list(HealthCheck)) for part in (20, 30))


@pytest.fixture(scope="module")
def world(
    postgresql: PostgreSQL, migrated_postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """On the database that takes less: no NUL, no lone surrogate, nothing too long."""
    print(f"SEED={SEED} N={N}")  # noqa: T201  pytest shows it with what fails
    with living(postgresql.url(postgresql.create(migrated_postgresql)), tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture(scope="module")
def known(world: World) -> Callers:
    browser = world.browser()
    return Callers(world, browser, world.open_patient(browser, ANNA))


def test_it_is_openapi() -> None:
    SCHEMA.validate()
    assert OPENS.keys() < OPERATIONS.keys()


@SCHEMA.parametrize()
@SOME
def test_a_stranger_is_answered_as_described(case: Any, world: World) -> None:
    excluded = [checks.positive_data_acceptance] if case.operation.label in MAY_REFUSE_WHAT_IS_VALID else []
    case.call_and_validate(world.origin, excluded_checks=excluded, allow_redirects=False)


@pytest.mark.parametrize("name", OPERATIONS)
def test_who_is_known_gets_what_is_described(name: str, world: World, known: Callers) -> None:
    answered = set()

    @seed(SEED)
    @given(case=OPERATIONS[name].as_strategy())
    @FEW
    def call(case: Any) -> None:
        known.open(case)
        answer = case.call_and_validate(world.origin, excluded_checks=NOT_OF_KNOWN, allow_redirects=False)
        answered.add(answer.status_code)

    call()
    assert min(answered) < 400


@pytest.mark.parametrize("name", [name for name in OPENS if OPERATIONS[name].body])
def test_who_is_known_may_send_anything(name: str, world: World, known: Callers) -> None:
    @seed(SEED)
    @given(case=OPERATIONS[name].as_strategy(GenerationMode.NEGATIVE))
    @FEW
    def call(case: Any) -> None:
        known.let_in(case)
        case.call_and_validate(world.origin, excluded_checks=NOT_OF_KNOWN, allow_redirects=False)

    call()
