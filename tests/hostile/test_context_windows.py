"""Two windows of one browser at the same time: each shows the patient that the EPJ opened in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE, OLE
from support.clinic import MAY, TARGET, Clinic
from support.helseid import ANNA, BO
from support.staging import living

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests
    from support.clinic import Clinician, EpjSession, Press, Tab

pytestmark = pytest.mark.hostile


@pytest.fixture
def clinic(sqlite_url: str, tmp_path: Path) -> Iterator[Clinic]:
    with living(sqlite_url, tmp_path) as world:
        yield Clinic(world)


@pytest.fixture
def anna(clinic: Clinic) -> Clinician:
    return clinic.clinician(ANNA)


@pytest.fixture
def tab(clinic: Clinic, anna: Clinician) -> Tab:
    return clinic.tab(anna)


def _pressed(clinic: Clinic, epj: EpjSession, patient: dict[str, str]) -> Press:
    press = clinic.named(epj, patient)
    clinic.create(press)
    return press


def _opened(clinic: Clinic, tab: Tab, epj: EpjSession, patient: dict[str, str]) -> Press:
    press = _pressed(clinic, epj, patient)
    assert tab.get(tab.arrive(press).headers["Location"]).headers["Location"] == press.path
    return press


def test_two_windows_that_start_at_once_each_get_their_own_patient(clinic: Clinic, anna: Clinician, tab: Tab) -> None:
    first, second = (_pressed(clinic, clinic.epj_session(anna), patient) for patient in (LINE, OLE))
    answers = [(press, tab.arrive(press)) for press in (first, second)]
    for press, answer in answers:
        assert tab.get(answer.headers["Location"]).headers.get("Location") == press.path


def test_two_windows_that_wait_for_one_login_each_get_their_own_patient(clinic: Clinic) -> None:
    world = clinic.world
    browser, token = world.browser(), world.epj_token(ANNA)
    asked = [world.start(browser, world.open_session(token, patient, reply_to=None)) for patient in (LINE, OLE)]
    for page, name in zip(asked, ("Line Danser", "Ole Havørn"), strict=True):
        shown = browser.submit(page, page.form(), person=ANNA.sub)
        assert name in shown.text


def test_a_window_that_is_refused_takes_no_patient_from_the_other(clinic: Clinic, anna: Clinician, tab: Tab) -> None:
    hers = _pressed(clinic, clinic.epj_session(anna), LINE)
    his = _pressed(clinic, clinic.epj_session(clinic.clinician(BO)), OLE)
    mine, foreign = tab.arrive(hers), tab.arrive(his)
    refused = tab.get(foreign.headers["Location"])
    assert refused.status_code == 403
    assert his.mark not in refused.text
    assert tab.get(mine.headers["Location"]).headers.get("Location") == hers.path


def test_going_back_to_the_address_of_a_start_never_opens_the_next_patient(
    clinic: Clinic, anna: Clinician, tab: Tab
) -> None:
    epj = clinic.epj_session(anna)
    first = tab.arrive(_pressed(clinic, epj, LINE)).headers["Location"]
    tab.get(first)
    second = tab.arrive(_pressed(clinic, epj, OLE)).headers["Location"]
    assert tab.get(first).status_code == 410
    assert tab.get(second).status_code == 303


def test_patients_who_were_left_waiting_take_none_from_a_window_on_its_way(
    clinic: Clinic, anna: Clinician, tab: Tab
) -> None:
    epj, most = clinic.epj_session(anna), 8
    for _ in range(most - 1):
        tab.arrive(_pressed(clinic, epj, MAY))
    answers = [(press, tab.arrive(press)) for press in (_pressed(clinic, epj, LINE), _pressed(clinic, epj, OLE))]
    assert len([cookie for cookie in anna.jar if "pending" in cookie.name]) <= most
    for press, answer in answers:
        assert tab.get(answer.headers["Location"]).headers.get("Location") == press.path


def _question(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 200
    assert "Refresh" not in answer.headers
    return {"confirmed": re.findall(r'name="confirmed" value="([^"]+)"', answer.text)[0]}


@pytest.mark.parametrize("seen", [True, False])
def test_a_yes_about_one_newer_patient_is_none_about_the_next(
    clinic: Clinic, anna: Clinician, tab: Tab, *, seen: bool
) -> None:
    epj = clinic.epj_session(anna)
    first = _opened(clinic, tab, epj, LINE)
    (_opened(clinic, tab, epj, OLE) if seen else _pressed(clinic, epj, OLE))
    yes = _question(tab.post(f"{first.path}open/{TARGET}", {}))
    _pressed(clinic, epj, MAY)
    again = _question(tab.post(f"{first.path}open/{TARGET}", yes))
    assert "Refresh" in tab.post(f"{first.path}open/{TARGET}", again).headers


@pytest.mark.parametrize("guess", ["", "1", "true", "x" * 43])
def test_a_guess_is_no_yes(clinic: Clinic, anna: Clinician, tab: Tab, guess: str) -> None:
    epj = clinic.epj_session(anna)
    first, _ = _opened(clinic, tab, epj, LINE), _opened(clinic, tab, epj, OLE)
    _question(tab.post(f"{first.path}open/{TARGET}", {"confirmed": guess}))
    _question(tab.post(f"{first.path}open/{TARGET}", {"confirmed": first.id}))
