from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from support.journal_system import standing
from support.notes import NOTE

from portal.demo import people
from portal.demo.epj.config import Reply
from portal.demo.epj.message import read
from portal.domain import dialogmelding
from portal.domain.context import Patient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.html import HtmlElement
    from support.journal_system import Epj

    from portal.demo.browser import Browser

TRYGVE = people.TRYGVE


@pytest.fixture
def epj(tmp_path: Path) -> Iterator[Epj]:
    with standing(tmp_path) as epj:
        yield epj


def articles(epj: Epj, browser: Browser) -> dict[str, HtmlElement]:
    """What the journal shows of each patient."""
    page = browser.open(f"{epj.origin}/")
    return {article.get("id"): article for article in page.tree.iter("article")}


def words(article: HtmlElement) -> str:
    return " ".join(article.text_content().split())


def test_every_patient_has_both_doors(epj: Epj) -> None:
    shown = articles(epj, epj.browser())
    assert shown.keys() == {patient.id for patient in people.PATIENTS}
    for patient, article in shown.items():
        actions = [form.get("action") for form in article.iter("form")]
        assert {f"/pasienter/{patient}/portal", f"/pasienter/{patient}/smart"} < set(actions)
        assert "Åpne i Inngangsportalen (SMART)" in words(article)


def test_a_context_of_door_a_stands_by_its_patient_until_it_is_closed(epj: Epj) -> None:
    browser = epj.browser()
    epj.press(browser, "/pasienter/trygve/portal")
    shown = articles(epj, browser)
    assert "Åpen i Inngangsportalen" in words(shown["trygve"])
    assert "Åpen i Inngangsportalen" not in words(shown["solvi"])
    journal = browser.open(f"{epj.origin}/")
    browser.submit(journal, journal.form("/portal/context-1/lukk"))
    assert "Åpen i Inngangsportalen" not in words(articles(epj, browser)["trygve"])


def test_a_message_stands_in_its_patient_s_journal_with_time_text_and_pdf(epj: Epj) -> None:
    about = Patient(TRYGVE.number, TRYGVE.system, TRYGVE.family, TRYGVE.given, TRYGVE.birth_date)
    message = dialogmelding.build(replace(NOTE, patient=about))
    epj.journal.mailbox.take(read(message), message, Reply.OK, datetime(2026, 11, 25, 23, 30, tzinfo=UTC))
    browser = epj.browser()
    shown = articles(epj, browser)
    (line,) = shown["trygve"].xpath(".//li[@data-message]")
    assert words(line).startswith("26.11.2026 kl. 00.30 –")
    assert read(message).text.split()[0] in words(line)
    assert browser.open(f"{epj.origin}{line.find('a').get('href')}").response.content == NOTE.pdf
    assert "Ingen meldinger ennå." in words(shown["solvi"])
