"""What the story left behind, and what crossed the wire, holds no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.demo import leaks, people
from portal.demo.browser import Hop
from portal.demo.stage import DATABASE
from portal.demo.story.checks import holds

if TYPE_CHECKING:
    from portal.demo.story.play import Play

_OK = 200
# Far below what the story's logins and launches carry; far above what a browser that forgets would know.
_LEAST_SECRETS = 60


def no_leaks(play: Play) -> str:
    """Numbers, codes, tokens, cookies and verifiers nowhere; names neither in logs, on the wire nor in the database."""
    _scrape(play)
    numbers, patients, secrets = _numbers(), _patients(), _secrets(play)
    logs = leaks.below(play.stage.left / "logs")
    quiet = [*logs, *sorted(play.stage.private.glob(f"{DATABASE}*"))]
    files = [*quiet, *leaks.below(play.stage.left / "pages")]
    holds(len(secrets) >= _LEAST_SECRETS, f"the story knows its secrets: {len(secrets)}")
    holds(play.trace.kept in logs, "what crossed the wire is searched too")
    found = [
        *leaks.find(files, numbers | secrets),
        *leaks.find(quiet, patients),
        *leaks.find(logs, _clinicians()),
        *leaks.find([play.trace.whole], numbers | patients, tokens=False),
    ]
    holds(not found, f"nothing leaks, but {'; '.join(found)}")
    kinds = f"{len(numbers)} numbers, {len(secrets)} secrets and {len(patients)} names"
    return f"nothing leaks: {kinds} in {len(files)} files, with every address and header of the story"


def _scrape(play: Play) -> None:
    """Read the metrics once, as Prometheus would."""
    page = play.anna.step(Hop("GET", f"{play.at.portal}/metrics"))
    holds(page.status == _OK and "portal_deliveries" in page.response.text, "the metrics are served")
    play.trace.note("GET", page.url, page.status, (), page.response.content)


def _numbers() -> dict[str, str]:
    numbers = {f"number of {person['given_name']}": str(person["pid"]) for person in people.PEOPLE}
    return numbers | {f"number of {patient.given}": patient.number for patient in people.PATIENTS}


def _patients() -> dict[str, str]:
    given = {f"given name of {patient.id}": patient.given for patient in people.PATIENTS}
    return given | {f"family name of {patient.id}": patient.family for patient in people.PATIENTS}


def _clinicians() -> dict[str, str]:
    """Family names: the given ones are so short that chance writes them in base64."""
    return {f"family name of {person['given_name']}": str(person["family_name"]) for person in people.PEOPLE}


def _secrets(play: Play) -> dict[str, str]:
    seen = play.secrets.union(*(browser.secrets for browser in play.browsers()))
    return {f"secret {place}": secret for place, secret in enumerate(sorted(seen), start=1)}
