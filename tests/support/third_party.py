"""How a clinician comes from the portal to a third party's program, and what that shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.bodies import LINE, OLE
from support.source import ROOT

from portal.adapters import catalogue_file
from portal.store.publishing import publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.world import World

    from portal.demo.browser import Browser, Hop, Page
    from portal.domain.catalogue import Service


def offer(world: World, port: int = 9, change: Callable[[Service], Service] = lambda service: service) -> None:
    """Publish the demo's services anew: at another port, and each as `change` makes it."""
    text = (ROOT / "portal/demo/catalog.yaml").read_text(encoding="utf-8").replace("{target}", str(port))
    demo = catalogue_file.parse(text, "test")
    services = tuple(map(change, demo.services))
    publish(world.settings, demo.model_copy(update={"services": services}), by="test", based_on=1)


def click(browser: Browser, listed: Page, service: str = "demo-melding") -> Page:
    """Press the card's button, and follow where it leads."""
    return browser.submit(listed, listed.form(f"/open/{service}"))


def carried(browser: Browser, listed: Page, service: str = "demo-melding") -> Hop:
    """Press the card's button, and stop before the target is asked."""
    pressed = browser.pressed(listed, listed.form(f"/open/{service}"))
    onwards = browser.next(browser.step(pressed), pressed)
    assert onwards is not None
    return onwards


def chosen(browser: Browser, asked: Page, words: str) -> Hop:
    """On the page that asks whom a launch is for: the request that the button with these words makes."""
    (button,) = [one for one in asked.tree.iter("button") if words in one.text_content()]
    fields = {button.get("name"): button.get("value", "")} if button.get("name") else {}
    return browser.pressed(asked, asked.form("/oauth/confirm"), **fields)


def press(browser: Browser, asked: Page, words: str) -> Page:
    """As `chosen`, and follow where it leads."""
    return browser.follow(chosen(browser, asked, words))


def log_out(browser: Browser, page: Page) -> Page:
    """Press the portal's own way out on one of its pages."""
    (form,) = [one for one in page.tree.forms if one.action == "/logout" and "switch" not in one.fields]
    return browser.submit(page, form)


def given(page: Page) -> dict[str, Any]:
    """The token response that a target shows; fails with what it says instead."""
    assert page.status == 200, page.response.text
    return dict(page.response.json()["tokens"])


def refusal(page: Page) -> dict[str, Any]:
    """What a target shows when it got no token; nothing of any patient is in it."""
    assert page.status == 400, page.response.text
    assert not [who for who in (LINE, OLE) if who["number"] in page.response.text]
    return dict(page.response.json())


def numbers(tokens: dict[str, Any]) -> dict[str, str]:
    """The numbers of a launch, by the type of what they name."""
    return {item["type"]: item["identifier"]["value"] for item in tokens["fhirContext"]}


def no_number_is_in_an_address(browser: Browser) -> bool:
    """Whether none of the addresses that the browser was at names a patient."""
    return not [url for url in browser.visited for who in (LINE, OLE) if who["number"] in url]
