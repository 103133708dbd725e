"""The result of `portal conformance`, whoever was judged: read from the sandbox, told line by line, kept in files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ValidationError

from portal.adapters.http import Egress
from portal.domain.conformance.case import Outcome
from portal.domain.conformance.report import Report
from portal.errors import UpstreamError
from portal.web.sandbox.report import as_file, as_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_SEEN: "·"}


def add_results(parser: ArgumentParser) -> None:
    """Say where a result may go."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the result as a page that needs nothing else")
    parser.add_argument("--lang", choices=("nb", "nn", "en"), default="en", help="language of the result")
    parser.add_argument("--allow-missing", action="store_true", help="let what was not seen pass")


def read(page: str, lang: str) -> Report:
    """What a page of the sandbox says; raises UpstreamError when that is no report."""
    url = urlsplit(page)._replace(query=f"format=json&lang={lang}", fragment="").geturl()
    answer = Egress({url}).send("GET", url)
    if answer.status != 200:  # noqa: PLR2004  RFC 9110's number is its name
        raise UpstreamError("upstream_refused", f"the sandbox answered {answer.status}", retryable=False)
    try:
        return Report.model_validate_json(answer.body)
    except ValidationError:
        raise UpstreamError("upstream_malformed", "the sandbox's answer is no result", retryable=False) from None


def keep_and_tell(report: Report, arguments: Namespace) -> int:
    """Write the files that were asked for, print a line a case, and return the exit status."""
    if arguments.json:
        arguments.json.write_text(as_json(report), encoding="utf-8")
    if arguments.html:
        arguments.html.write_text(as_file(report), encoding="utf-8")
    for case in report.cases:
        print(f"{_SIGNS[case.outcome]} {case.id}: {case.title} [{case.source}]")
        for line in filter(None, (case.why, case.todo and f"→ {case.todo}")):
            print(f"    {line}")
    wrong, missing = report.count(Outcome.FAILED), report.count(Outcome.NOT_SEEN)
    print(f"{report.count(Outcome.PASSED)} right, {wrong} wrong, {missing} not seen", file=sys.stderr)
    return 1 if wrong or (missing and not arguments.allow_missing) or not report.cases else 0
