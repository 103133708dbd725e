"""What the story left behind holds no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.demo import leaks, people
from portal.demo.stage import DATABASE
from portal.demo.story.checks import holds

if TYPE_CHECKING:
    from portal.demo.story.play import Play


def no_leaks(play: Play) -> str:
    """Numbers, codes, tokens, handles and verifiers nowhere; names neither in logs nor in the database."""
    left = play.stage.left
    quiet = [*leaks.below(left / "logs"), *sorted(play.stage.private.glob(f"{DATABASE}*"))]
    numbers = {f"number of {person['given_name']}": str(person["pid"]) for person in people.PEOPLE}
    numbers |= {f"number of {patient.given}": patient.number for patient in people.PATIENTS}
    seen = play.secrets.union(*(browser.secrets for browser in play.browsers()))
    secrets = {f"secret {place}": secret for place, secret in enumerate(sorted(seen), start=1)}
    names = {f"name of {patient.given}": patient.family for patient in people.PATIENTS}
    found = leaks.find([*quiet, *leaks.below(left / "pages")], numbers | secrets) + leaks.find(quiet, names)
    holds(not found, f"nothing leaks, but {'; '.join(found)}")
    looked = len(quiet) + len(leaks.below(left / "pages"))
    return f"nothing leaks: {len(numbers)} numbers, {len(secrets)} secrets and {len(names)} names in {looked} files"
