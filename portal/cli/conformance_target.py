"""`portal conformance target`: a target's launch address is visited, its launches are played, its page is read."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from portal.adapters.target_play import Player, play
from portal.adapters.target_probe import probe
from portal.cli import surroundings
from portal.cli.conformance_results import add_results, keep_and_tell, read
from portal.domain.conformance.case import Outcome
from portal.domain.conformance.target import launch_url
from portal.domain.conformance.target.cases import ORDERED
from portal.errors import UpstreamError
from portal.web.sandbox.report import report_of, speaking

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from portal.domain.conformance.report import Report

_PAGE = "/sandkasse/mal/"
_DEMO = "http://127.0.0.1:8000/fhir"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("url", metavar="URL", help="its launch address, or its page in the sandbox")
    trusted = f"FHIR address of the portal that the target trusts, as in its launches; {_DEMO}, the demo's, if left out"
    parser.add_argument("--issuer", metavar="ISS", default=_DEMO, help=trusted)
    played = "log in as this person of a stand-in for HelseID, or its first, and play every launch that is missing"
    parser.add_argument("--play", metavar="SUB", nargs="?", const="", help=played)
    parser.add_argument("--secret", type=Path, metavar="FILE", help="file with the target's secret, to order faults")
    add_results(parser)


def run(arguments: Namespace) -> int:
    """Judge a target; exit status 1 unless every case is right."""
    with speaking(arguments.lang):
        report = _of_page(arguments, arguments.url) if _PAGE in arguments.url else _of_launch_url(arguments)
        return keep_and_tell(report, arguments)


def _of_launch_url(arguments: Namespace) -> Report:
    """What the visits told, and what the sandbox has of the client that the target says it is, if it is one."""
    tried = probe(arguments.url, arguments.issuer, lambda: secrets.token_urlsafe(32))
    visited = report_of(launch_url.judge(tried), surroundings.now(), target=arguments.url)
    if tried.client_id is None:
        return visited
    try:
        watched = _of_page(arguments, f"{tried.issuer}{_PAGE}{tried.client_id}")
    except UpstreamError:
        if arguments.play is not None:
            raise
        return visited
    return visited.model_copy(update={"cases": (*visited.cases, *watched.cases)})


def _of_page(arguments: Namespace, page: str) -> Report:
    if arguments.play is None:
        return read(page, arguments.lang)
    before = {case.id: case.outcome for case in read(page, arguments.lang).cases}
    missing = [fault for case, fault in ORDERED.items() if before.get(case) is Outcome.NOT_SEEN]
    secret = arguments.secret.read_text(encoding="utf-8").strip() if arguments.secret else ""
    play(page.partition("?")[0], Player(arguments.play, secret), missing)
    return read(page, arguments.lang)
