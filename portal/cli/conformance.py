"""`portal conformance`: what a vendor runs to see, case by case and with the rule's source, whether all is right."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ValidationError

from portal.adapters.http import Egress
from portal.adapters.smart_probe import Asker, probe
from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.domain.conformance import smart_cases
from portal.domain.conformance.case import Outcome
from portal.domain.conformance.report import Report
from portal.errors import UpstreamError
from portal.web.sandbox.report import as_file, report_of, speaking

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from portal.cli.parsing import Commands

_PAGE = "/sandkasse/epj/"
_SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_SEEN: "·"}


def add_to(commands: Commands) -> None:
    """Add `conformance epj`."""
    below = group(commands, "conformance", "Whether a counterpart does as the rules say.")
    epj = command(below, "epj", _epj, "Judge a journal system; exit status 1 unless every case is right.")
    epj.add_argument("url", metavar="URL", help="its page in the sandbox, or the FHIR base address of its SMART server")
    epj.add_argument("--client-id", metavar="ID", help="the portal's client id at the SMART server")
    epj.add_argument("--redirect-uri", metavar="URI", help="the portal's redirect URI that is registered there")
    _add_results(epj)


def _add_results(parser: ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the result as a page that needs nothing else")
    parser.add_argument("--lang", choices=("nb", "nn", "en"), default="en", help="language of the result")
    parser.add_argument("--allow-missing", action="store_true", help="let what was not seen pass")


def _epj(arguments: Namespace) -> int:
    with speaking(arguments.lang):
        report = _of_sandbox(arguments) if _PAGE in arguments.url else _of_smart_server(arguments)
        if arguments.json:
            arguments.json.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if arguments.html:
            arguments.html.write_text(as_file(report), encoding="utf-8")
    return _told(report, allow_missing=arguments.allow_missing)


def _of_sandbox(arguments: Namespace) -> Report:
    """What the sandbox says; raises UpstreamError when that is no report."""
    page = urlsplit(arguments.url)._replace(query=f"format=json&lang={arguments.lang}", fragment="").geturl()
    answer = Egress({page}).send("GET", page)
    if answer.status != 200:  # noqa: PLR2004  RFC 9110's number is its name
        raise UpstreamError("upstream_refused", f"the sandbox answered {answer.status}", retryable=False)
    try:
        return Report.model_validate_json(answer.body)
    except ValidationError:
        raise UpstreamError("upstream_malformed", "the sandbox's answer is no result", retryable=False) from None


def _of_smart_server(arguments: Namespace) -> Report:
    asker = Asker(lambda: secrets.token_urlsafe(32), arguments.client_id, arguments.redirect_uri)
    return report_of(arguments.url, smart_cases.judge(probe(arguments.url, asker)), surroundings.now())


def _told(report: Report, *, allow_missing: bool) -> int:
    for case in report.cases:
        print(f"{_SIGNS[case.outcome]} {case.id}: {case.title} [{case.source}]")
        for line in filter(None, (case.why, case.todo and f"→ {case.todo}")):
            print(f"    {line}")
    wrong, missing = report.count(Outcome.FAILED), report.count(Outcome.NOT_SEEN)
    print(f"{report.count(Outcome.PASSED)} right, {wrong} wrong, {missing} not seen", file=sys.stderr)
    return 1 if wrong or (missing and not allow_missing) or not report.cases else 0
