"""A clinician's workstation: a real Chromium, what it is asked to do again and again, and what it must never do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from support.source import ROOT

from portal.demo import people

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

    from portal.demo.ports import Addresses

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PATIENT_BUTTON = "Åpne pasienten i Inngangsportalen"
SMART_BUTTON = "Åpne i Inngangsportalen (SMART)"
_RUN_AXE = """async () => {
    const found = await axe.run();
    const ran = [...found.passes, ...found.violations, ...found.incomplete];
    return {
        version: axe.version,
        tags: [...new Set(ran.flatMap(({tags}) => tags))],
        violations: found.violations.map(({id, nodes}) => [id, ...nodes.map((node) => node.html.slice(0, 160))]),
    };
}"""

_OVERFLOW = """() => {
    const width = document.documentElement.clientWidth;
    const shown = [...document.querySelectorAll("main *, header *")].filter(
        (one) => one.clientWidth && getComputedStyle(one).clip === "auto");
    const right = shown.map((one) => Math.round(one.getBoundingClientRect().right));
    return Math.max(document.documentElement.scrollWidth, ...right) - width;
}"""
_FOCUS = """() => {
    const one = document.activeElement, style = getComputedStyle(one.closest(".ds-chip") ?? one);
    const label = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent;
    return {
        name: label.trim().replace(/\\s+/g, " "),
        shown: one === document.body || style.outlineStyle !== "none" || one.matches(".ds-skip-link"),
    };
}"""


@dataclass
class Workstation:
    """One browser profile; `seen` holds every address it went to, `complaints` what Chromium stopped or broke on."""

    at: Addresses
    context: BrowserContext
    seen: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", self._note)
        self.context.on("console", self._complain)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def log_in_at_journal(self, person: dict[str, Any] = people.ANNA) -> Page:
        """Open the journal and be somebody at HelseID."""
        page = self.context.new_page()
        page.goto(f"{self.at.epj}/")
        choose(page, person)
        page.wait_for_url(f"{self.at.epj}/")
        return page

    def open_patient(self, journal: Page, patient_id: str = "solvi", button: str = PATIENT_BUTTON) -> Page:
        """Press the button in the journal; returns the new window when it has come to rest at the portal."""
        with self.context.expect_page() as opened:
            journal.locator(f"#{patient_id}").get_by_role("button", name=button).click()
        page = opened.value
        page.wait_for_url(f"{self.at.portal}/**")
        page.wait_for_load_state()
        return page

    def leaked(self) -> list[str]:
        """Addresses that tell who a patient is, which no address may."""
        secrets = [part for patient in people.PATIENTS for part in (patient.number, patient.family, patient.given)]
        return [url for url in self.seen if any(secret in unquote_plus(url) for secret in secrets)]

    def _note(self, request: Request) -> None:
        self.seen.append(request.url)

    def _complain(self, message: ConsoleMessage) -> None:
        # A refusal that we meant to give is logged by Chromium too; the test looks at its page.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)


def choose(page: Page, person: dict[str, Any]) -> None:
    """Pick a person on HelseID's login page."""
    page.get_by_role("button", name=f"{person['given_name']} {person['family_name']}").click()


def violations(page: Page) -> list[Any]:
    """What axe finds wrong with the page as it stands."""
    return list(audited(page)["violations"])


def audited(page: Page) -> dict[str, Any]:
    """What axe finds, with its version and the tags of the rules that had something to look at."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return dict(page.evaluate(_RUN_AXE))


def overflow(page: Page) -> int:
    """How many pixels the page or a text in it is wider than its place."""
    return int(page.evaluate(_OVERFLOW))


def press_by_keyboard(page: Page, name: str) -> None:
    """Tab to the link, button or field of that name, see that focus shows, and press Enter."""
    tab_to(page, name)
    page.keyboard.press("Enter")


def tab_to(page: Page, name: str) -> None:
    """Tab until the element with that accessible name has the focus; every stop on the way must show its focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUS)
        assert stop["shown"], f"focus does not show on {json.dumps(stop)}"
        if stop["name"] == name:
            return
    message = f"no Tab leads to {name}"
    raise AssertionError(message)


def keep_picture(page: Page, name: str) -> Path:
    """Save a picture of the whole page among the build's results."""
    path = ROOT / "build" / "e2e" / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
