from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA
from support.raw_client import refusal

if TYPE_CHECKING:
    from support.raw_client import RawClient


@pytest.fixture
def first(epj: RawClient) -> str:
    return str(epj.redeem(epj.code(ANNA.sub)).json()["refresh_token"])


def test_a_refresh_token_is_good_once_and_gives_the_next(epj: RawClient, target: RawClient, first: str) -> None:
    assert refusal(target.refresh(first)) == "invalid_grant"
    second = epj.refresh(first).json()["refresh_token"]
    assert epj.refresh(second).status_code == 200


def test_an_old_one_that_comes_again_ends_its_family(epj: RawClient, first: str) -> None:
    bystander = epj.redeem(epj.code(ANNA.sub)).json()["refresh_token"]
    second = epj.refresh(first).json()["refresh_token"]
    assert refusal(epj.refresh(first)) == "invalid_grant"
    assert refusal(epj.refresh(second)) == "invalid_grant"
    assert epj.refresh(bystander).status_code == 200


def test_a_revoked_one_is_worth_nothing(epj: RawClient, first: str) -> None:
    assert epj.revoke(first).status_code == 200
    assert refusal(epj.refresh(first)) == "invalid_grant"
    assert epj.revoke("guess").status_code == 200


def test_another_client_revokes_nothing(epj: RawClient, target: RawClient, first: str) -> None:
    assert target.revoke(first).status_code == 200
    assert epj.refresh(first).status_code == 200


def test_revocation_wants_to_know_who_asks(epj: RawClient, first: str) -> None:
    epj.client_id = "nobody"
    assert refusal(epj.revoke(first)) == "invalid_client"
