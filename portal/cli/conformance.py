"""`portal conformance`: what a counterpart runs to see, case by case and with the rule's source, if all is right."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from portal.adapters.smart_probe import Asker, probe
from portal.cli import conformance_target, surroundings
from portal.cli.conformance_results import add_results, keep_and_tell, read
from portal.cli.parsing import command, group
from portal.domain.conformance import smart_cases
from portal.web.sandbox.report import report_of, speaking

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands
    from portal.domain.conformance.report import Report

_PAGE = "/sandkasse/epj/"


def add_to(commands: Commands) -> None:
    """Add `conformance epj` and `conformance target`."""
    below = group(commands, "conformance", "Whether a counterpart does as the rules say.")
    epj = command(below, "epj", _epj, "Judge a journal system; exit status 1 unless every case is right.")
    epj.add_argument("url", metavar="URL", help="its page in the sandbox, or the FHIR base address of its SMART server")
    epj.add_argument("--client-id", metavar="ID", help="the portal's client id at the SMART server")
    epj.add_argument("--redirect-uri", metavar="URI", help="the portal's redirect URI that is registered there")
    add_results(epj)
    told = "Judge a target portal; exit status 1 unless every case is right."
    conformance_target.add_arguments(command(below, "target", conformance_target.run, told))


def _epj(arguments: Namespace) -> int:
    with speaking(arguments.lang):
        by_page = _PAGE in arguments.url
        report = read(arguments.url, arguments.lang) if by_page else _of_smart_server(arguments)
        return keep_and_tell(report, arguments)


def _of_smart_server(arguments: Namespace) -> Report:
    asker = Asker(lambda: secrets.token_urlsafe(32), arguments.client_id, arguments.redirect_uri)
    return report_of(smart_cases.judge(probe(arguments.url, asker)), surroundings.now(), epj=arguments.url)
