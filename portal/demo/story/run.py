"""Plays the scenes in order, and stops at the first that does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.demo.browser import BlockedError
from portal.demo.story import day, left, receipts, refusals
from portal.demo.story.checks import StoryFailed
from portal.demo.story.play import begin
from portal.errors import PortalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.demo.stage import Stage
    from portal.demo.story.play import Play

SCENES: tuple[Callable[[Play], str], ...] = (
    day.logs_in,
    day.opens_the_patient,
    day.sees_her_list,
    day.launches,
    day.opens_the_next_patient,
    day.asks_first,
    day.opens_by_smart,
    day.writes_back,
    day.arrives,
    receipts.is_acknowledged,
    receipts.is_ticked_off,
    receipts.is_rejected,
    receipts.is_filed,
    receipts.comes_late,
    refusals.second_redeem,
    refusals.other_client,
    refusals.expired,
    refusals.other_patient,
    refusals.other_person,
    refusals.hidden_service,
    refusals.outsider,
    day.goes_home,
    refusals.closed_patient,
    refusals.other_person_at_the_target,
    refusals.signed_out_elsewhere,
    left.no_leaks,
)
# The last three: a page or an answer is not shaped as the scene expects.
FAILURES = (StoryFailed, BlockedError, PortalError, OSError, LookupError, ValueError)


def run(stage: Stage) -> bool:
    """Play the story, a line a scene; False at the first scene that does not hold."""
    play = begin(stage)
    for scene in SCENES:
        try:
            stage.processes.demand_alive()
            print(f"✓ {scene(play)}", flush=True)
        except FAILURES as failure:
            print(f"✗ {scene.__name__}: {type(failure).__name__}: {failure}", flush=True)
            return False
    return True
