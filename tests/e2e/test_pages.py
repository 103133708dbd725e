"""Every page and state, light, dark, at 320 px (a desktop at 400 %) and in high contrast: axe finds nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.receipt_pages import receipt_states
from support.source import ROOT
from support.workstation import audited, choose, keep_picture, overflow, violations

from portal.demo import people
from portal.demo.standin_files import EPJ_CLIENT, TARGET_AT_PORTAL
from portal.domain.accessibility import Measured
from portal.domain.norwegian_time import OSLO
from portal.web.accessibility import RESULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e
RESULTS = ROOT / "build" / "e2e"

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("nb", {"color_scheme": "light", "viewport": DESKTOP}),
    "dark": ("nn", {"color_scheme": "dark", "viewport": DESKTOP}),
    "narrow": ("en", {"color_scheme": "light", "viewport": PHONE}),
    "contrast": ("nb", {"forced_colors": "active", "viewport": DESKTOP}),
}
# Success criteria that tests in this folder look at and axe does not: keyboard, no trap, focus order and its showing,
# reflow, and messages that are heard.
PROBED = ("1.4.10", "2.1.1", "2.1.2", "2.4.3", "2.4.7", "4.1.3")
# By the name that a page is audited under: its path below the patient's own page, and of the others below the portal.
OF_NOBODY = {
    "public": "/",
    "public-found": "/?q=sykmelding",
    "public-nothing": "/?q=xyzzyq",
    "accessibility": "/tilgjengelighet",
    "start": "/start",
    "signed-out": "/logout",
    "signed-out-alone": "/logout?utlopt=1",
    "unknown": "/finnes-ikke",
    "context-error": "/start/videre/a",
    "browser-check": "/nettlesertest",
    "framework": "/rammeverk/",
    "framework-launch": "/rammeverk/oppstart",
    "framework-context": "/rammeverk/kontekst",
    "framework-errors": "/rammeverk/feil",
}
OF_A_PATIENT = {"patient": "", "patient-found": "?q=blå+resept", "confirm": "open/demo-melding"}
OF_A_CLINICIAN = {
    "mine": "/mine",
    "mine-found": "/mine?q=melding",
    "mine-nothing": "/mine?q=xyzzyq",
    "mine-narrowed": "/mine?kategori=nav&vis=open",
    "mine-number": "/mine?person=1",
    "why": "/mine/hvorfor",
    "why-answered": "/mine/hvorfor?q=utbrudd",
    "why-nothing": "/mine/hvorfor?q=xyzzyq",
    "which-patient": "/go/demo-melding",
    "cannot-open": "/go/nav-sykmelding-epj",
    "receipts-empty": "/kvitteringer",
    "office": "/mine/kontor",
    "sessions": "/mine/okter",
    "sandbox": "/sandkasse/",
    "conformance": f"/sandkasse/epj/{EPJ_CLIENT}",
    "targets": "/sandkasse/mal/",
    "target": f"/sandkasse/mal/{TARGET_AT_PORTAL}",
}


def test_every_page(workstation: Callable[..., Workstation]) -> None:
    faults, tags, names, version = {}, set[str](), dict[str, None](), ""
    for look, (lang, options) in LOOKS.items():
        for name, page in pages(workstation(**options), lang):
            expect(page.locator("html")).to_have_attribute("lang", lang)
            found = audited(page)
            if found["violations"] or overflow(page) > 0:
                faults[f"{name} {look}"] = found["violations"], overflow(page)
            keep_picture(page, f"{name}-{look}-{lang}")
            version, tags, names = found["version"], tags | set(found["tags"]), names | {name: None}
    assert faults == {}
    measured = Measured(
        day=datetime.now(OSLO).date(),
        axe=version,
        pages=tuple(names),
        looks=tuple(LOOKS),
        criteria=tuple(sorted(filter(None, map(criterion, tags)), key=numbers)),
        probed=PROBED,
        violations=len(faults),
    )
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / RESULT.name).write_text(measured.model_dump_json(indent=2) + "\n", encoding="utf-8")
    shipped = Measured.model_validate_json(RESULT.read_bytes())
    assert shipped.model_copy(update={"day": measured.day}) == measured, "ship the result anew: make statement"


def criterion(tag: str) -> str | None:
    """The success criterion that axe's tag `wcag1410` stands for: 1.4.10."""
    found = re.fullmatch(r"wcag(\d)(\d)(\d+)", tag)
    return ".".join(found.groups()) if found else None


def numbers(criterion_: str) -> list[int]:
    return [int(part) for part in criterion_.split(".")]


def pages(desk: Workstation, lang: str) -> Iterator[tuple[str, Page]]:
    """Each page and state of the portal that a clinician can meet, one after the other."""
    journal = desk.log_in_at_journal()
    page = journal.context.new_page()
    yield from at_each(page, desk.at.portal, OF_NOBODY, lang)
    page = desk.open_patient(journal)
    patient = page.url
    yield from at_each(page, patient, OF_A_PATIENT, lang)
    yield from at_each(page, desk.at.portal, OF_A_CLINICIAN, lang)
    yield "session-ending", warned_of_the_end(page)
    yield "leaving", leaving(desk, page, patient)
    yield "favourites", with_a_favourite(desk, page, lang)
    page.goto(in_language(patient, lang))
    unfold(page)
    yield "patient-unfolded", page
    desk.open_patient(journal, "trygve").close()
    page.goto(in_language(patient, lang))
    yield "newer-patient", page
    page.locator("#demo-melding form[action$='open/demo-melding'] button").click()
    yield "asked-first", page
    yield "receipts", with_a_receipt(desk, page, lang)
    yield from receipt_states(desk, journal, f"lang={lang}")
    yield "closed-patient", with_the_patient_closed(journal, page, in_language(patient, lang))


def at_each(page: Page, base: str, paths: dict[str, str], lang: str) -> Iterator[tuple[str, Page]]:
    """The page at each of these paths below `base`, one after the other."""
    for name, path in paths.items():
        page.goto(in_language(f"{base}{path}", lang))
        yield name, page


def in_language(url: str, lang: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}lang={lang}"


def unfold(page: Page) -> None:
    """Open everything that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def with_a_favourite(desk: Workstation, page: Page, lang: str) -> Page:
    """My list with favourites and what was used."""
    page.goto(f"{desk.at.portal}/mine")
    star = page.locator("#blareseptsoknad .star")
    if star.get_attribute("aria-pressed") == "false":
        star.click()
    page.goto(in_language(f"{desk.at.portal}/mine", lang))
    marked = page.locator("section[aria-labelledby=favoritter]").locator("a, button")
    title = page.locator("#blareseptsoknad-tittel").inner_text()
    expect(marked.filter(has_text=title)).to_have_count(1)
    return page


def warned_of_the_end(page: Page) -> Page:
    """Two minutes before the session ends; the next page asks the server again."""
    page.route(
        "**/mine/okt", lambda route: route.fulfill(content_type="application/json", body='{"idle": 90, "ends": 900}')
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.unroute("**/mine/okt")
    # It fades in, and is judged as it comes to rest.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    return page


def leaving(desk: Workstation, page: Page, patient: str) -> Page:
    """The page that sends the browser on, with a target that does not take it away."""
    desk.context.route(f"{desk.at.target}/**", lambda route: route.fulfill(status=204))
    page.goto(patient)
    with page.expect_response(f"{desk.at.target}/**"):
        page.locator("#demo-melding form[action$='open/demo-melding'] button").click()
    desk.context.unroute(f"{desk.at.target}/**")
    return page


def with_a_receipt(desk: Workstation, page: Page, lang: str) -> Page:
    """The receipts once the question was answered and something has been sent."""
    page.locator("main form[action$='open/demo-melding'] button").click()
    page.wait_for_url(f"{desk.at.target}/meldinger/*")
    page.get_by_role("button", name="Send melding").click()
    page.wait_for_url("**/kvittering")
    page.goto(in_language(f"{desk.at.portal}/kvitteringer", lang))
    unfold(page)
    return page


def with_the_patient_closed(journal: Page, page: Page, patient: str) -> Page:
    """The page of a patient whom the journal has closed since."""
    page.goto(patient)
    journal.reload()
    journal.locator("#solvi").get_by_role("button", name="Lukk").click()
    expect(page.get_by_role("region")).to_have_count(0)
    return page


def test_another_person_is_told_so_accessibly(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.BO)
    page.wait_for_url(f"{desk.at.portal}/mine")
    desk.context.clear_cookies(name="helseid-demo")
    arrived = desk.open_patient(desk.log_in_at_journal())
    assert violations(arrived) == []


def test_a_language_is_remembered_where_one_is_known_and_not_on_the_public_page(
    workstation: Callable[..., Workstation],
) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every report, one entrance")
    assert desk.context.cookies() == []
    page.get_by_role("link", name="Log in with HelseID").click()
    choose(page, people.ANNA)
    expect(page.get_by_role("heading", level=1)).to_have_text("My services")
    page.goto(f"{desk.at.portal}/kvitteringer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipts")


def test_a_doctor_without_authorisation_is_told_why_the_list_is_short(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.CATO)
    expect(page.get_by_role("banner")).to_contain_text("Cato Utenfor")
    assert page.locator("form[action*='demo-melding']").count() == 0
    assert violations(page) == []


def test_the_browser_check_tries_what_only_a_script_can(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/nettlesertest")
    for row in ("cookies", "engine", "script", "clock", "window"):
        expect(page.locator(f"[data-row={row}]:visible")).to_have_attribute("data-mark", "ok")
    line = page.get_by_label("Til leverandøren av journalsystemet")
    expect(line).to_have_value(re.compile(r"script=ok clock=-?[0-9]s window=top$"))


def test_the_browser_check_says_that_the_clock_is_wrong_and_that_a_frame_is_round_it(
    workstation: Callable[..., Workstation],
) -> None:
    desk = workstation()
    page = desk.context.new_page()
    around, inside = f"{desk.at.epj}/ramme", f"{desk.at.portal}/nettlesertest?prove=1"
    answer = page.goto(inside)
    assert answer
    html = answer.text()
    page.clock.install(time=datetime.now(UTC) + timedelta(minutes=2))
    page.route(around, lambda route: route.fulfill(content_type="text/html", body=f'<iframe src="{inside}"></iframe>'))
    # An embedded browser that heeds no CSP: another would not show the page at all.
    page.route(inside, lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(around)
    for row in ("clock", "window"):
        expect(page.frame_locator("iframe").locator(f"[data-row={row}][data-mark=bad]")).to_be_visible()


def test_the_browser_check_without_script_says_so(workstation: Callable[..., Workstation]) -> None:
    desk = workstation(java_script_enabled=False)
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/nettlesertest")
    expect(page.locator("[data-row=script][data-mark=bad]")).to_be_visible()
    expect(page.locator("[data-row=clock][data-mark=unknown]")).to_be_visible()
