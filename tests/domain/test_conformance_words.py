from __future__ import annotations

from support.conformance_server import WRONG_SERVERS
from support.conformance_wrong import WRONG

from portal.domain.conformance.case import CaseId, Why
from portal.web.sandbox import reasons, titles
from portal.web.sandbox.report import speaking


def test_every_case_has_a_title_and_something_to_do_and_every_reason_words() -> None:
    with speaking("nb"):
        assert {case for case, text in titles.TEXTS.items() if str(text.title) and str(text.todo)} == set(CaseId)
        assert {why for why, text in reasons.TEXTS.items() if str(text)} == set(Why)
    told_of = {why for _, why, _ in WRONG} | {why for _, why, _ in WRONG_SERVERS}
    assert set(Why) - told_of == {Why.NO_WRITEBACK, Why.NOT_ASKED}
