"""The result in words: for the page, for JSON, and for a command that stands outside any request."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask, render_template, request
from flask_babel import force_locale

from portal.domain.conformance.case import Outcome
from portal.domain.conformance.report import Report, Reported
from portal.domain.norwegian_time import OSLO
from portal.web import language
from portal.web.sandbox import reasons, titles
from portal.web.sandbox.target import titles as target_titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from portal.domain.conformance.case import Judged

_TEXTS = titles.TEXTS | target_titles.TEXTS


def report_of(judged: Iterable[Judged], at: datetime, *, epj: str | None = None, target: str | None = None) -> Report:
    """Say in the language of this page how each case of one of them went; what is right needs nothing done."""
    return Report(epj=epj, target=target, at=at, cases=tuple(map(_reported, judged)))


def as_json(report: Report) -> str:
    """The report as whoever reads it by machine gets it."""
    return report.model_dump_json(exclude_none=True, indent=2) + "\n"


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Let the block speak nb, nn or en without an app that serves anybody."""
    app = Flask("portal.web")
    language.init(app)
    with app.app_context(), force_locale(lang):
        yield


def as_file(report: Report) -> str:
    """The report as a page that needs nothing but itself, in the language that is being spoken."""
    return render_template("conformance_file.html", report=report, when=when(report.at), lang=language.current())


def wants_json() -> bool:
    """Whether whoever asks is a machine."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.args.get("format") == "json" or best == "application/json"


def when(at: datetime) -> str:
    """Date and time as people here read it."""
    return at.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")


def _reported(one: Judged) -> Reported:
    text, outcome = _TEXTS[one.case.id], one.finding.outcome
    return Reported(
        id=one.case.id,
        title=str(text.title),
        source=one.case.source,
        outcome=outcome,
        why=reasons.told(one.finding),
        todo="" if outcome is Outcome.PASSED else str(text.todo),
    )
