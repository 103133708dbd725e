"""fhirclient (PyPI), as it is installed, is launched by the portal as a SMART app and reads who it is about."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.practitioner import Practitioner
from fhirclient.server import FHIRNotFoundException, FHIRUnauthorizedException
from support.bodies import LINE, OLE
from support.counterpart import is_login_page, walk
from support.helseid import ANNA
from support.third_party import carried, chosen, log_out, numbers

from portal.demo.browser import Browser, Hop
from portal.domain import jose
from portal.domain.client_registration import Client
from portal.domain.oids import FNR, HPR

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Page

pytestmark = pytest.mark.interop

BACK = "http://127.0.0.1:9/demo-melding/callback"
SCOPE = "launch openid fhirUser online_access patient/Patient.read user/Practitioner.read"
SECRET = "a-secret-that-both-know"


class App(NamedTuple):
    """How it is registered, and what it says; its secret too, when it has one."""

    authentication: str
    secret: str | None = None

    def register(self, world: World) -> None:
        hashed = sha256(SECRET.encode()).hexdigest() if self.secret else None
        registered = {
            "client_id": "demo-melding",
            "service": "demo-melding",
            "owner": "Demo-eier",
            "profile": "classic",
            "authentication": self.authentication,
            "secret_sha256": hashed,
            "launch_url": "http://127.0.0.1:9/demo-melding/launch",
            "redirect_uris": (BACK,),
            "sign_on": True,
            "refresh": "online",
            "release": ("patient_number", "hpr", "organisation"),
        }
        world.put_in_force(Client.model_validate(registered))

    def begin(self, launch: Hop) -> FHIRClient:
        """Take a launch as it came."""
        came = launch.query()
        return FHIRClient(
            settings={
                "app_id": "demo-melding",
                "app_secret": self.secret,
                "api_base": came["iss"],
                "redirect_uri": BACK,
                "scope": SCOPE,
                "launch_token": came["launch"],
            }
        )


PUBLIC = App("none")
APPS = [PUBLIC, App("client_secret_basic", SECRET)]


@pytest.fixture
def environment() -> str:
    return "sandbox"


@pytest.fixture(params=APPS, ids=[app.authentication for app in APPS])
def app(request: pytest.FixtureRequest, world: World) -> App:
    chosen: App = request.param
    chosen.register(world)
    return chosen


def comes_back(browser: Browser, smart: FHIRClient) -> Hop:
    """Where we send the browser with an answer for the app."""
    back = walk(browser, Hop("GET", smart.authorize_url), BACK)
    assert isinstance(back, Hop), back.text
    return back


def launched(anna: tuple[Browser, Page], app: App) -> FHIRClient:
    """The app after a whole launch."""
    smart = app.begin(carried(*anna))
    smart.handle_callback(comes_back(anna[0], smart).url)
    return smart


def answered_with(browser: Browser, asked: Page, words: str) -> str:
    """The address that the browser would go to after this button, before it goes there."""
    pressed = chosen(browser, asked, words)
    back = walk(browser, pressed, BACK)
    assert isinstance(back, Hop), back.text
    return back.url


def fhir_user(smart: FHIRClient) -> str:
    """It keeps the id token and leaves it to the app to read it."""
    return str(jose.peek(smart.launch_context["id_token"]).claims["fhirUser"])


@pytest.mark.parametrize("zone", ["helsenett", "internett"])
def test_it_reads_the_patient_of_the_launch(anna: tuple[Browser, Page], app: App) -> None:
    smart = launched(anna, app)
    patient = smart.patient
    assert smart.human_name(patient.name[0]) == f"{LINE['given']} {LINE['family']}"
    assert [(one.system, one.value) for one in patient.identifier] == [(FNR, LINE["number"])]
    assert patient.birthDate.isostring == LINE["birth_date"]
    assert patient.id == smart.launch_context["patient"]
    assert numbers(smart.launch_context)["Patient"] == LINE["number"]


def test_it_reads_the_clinician_who_clicked(anna: tuple[Browser, Page], app: App) -> None:
    smart = launched(anna, app)
    kind, _, resource_id = fhir_user(smart).partition("/")
    assert kind == "Practitioner"
    read = Practitioner.read(resource_id, smart.server)
    assert smart.human_name(read.name[0]) == ANNA.name
    assert [(one.system, one.value) for one in read.identifier] == [(HPR, ANNA.hpr_number)]


def test_it_reads_nobody_else(world: World, anna: tuple[Browser, Page], app: App) -> None:
    before = launched(anna, app)
    world.clock.ahead += timedelta(seconds=1)
    smart = launched((anna[0], world.open_patient(anna[0], ANNA, OLE)), app)
    for path in (f"Patient/{before.patient_id}", f"Practitioner/{smart.patient_id}", "Patient/1"):
        with pytest.raises(FHIRNotFoundException):
            smart.server.request_json(path)
    assert smart.patient.name[0].family == OLE["family"]


def test_a_read_with_a_token_that_has_expired_is_renewed_by_itself(
    world: World, anna: tuple[Browser, Page], app: App
) -> None:
    smart = launched(anna, app)
    first = smart.server.auth.access_token
    world.clock.ahead += timedelta(seconds=301)
    assert smart.patient.name[0].family == LINE["family"]
    assert smart.server.auth.access_token != first


def test_nothing_is_read_or_renewed_after_the_logout(anna: tuple[Browser, Page], app: App) -> None:
    browser, listed = anna
    smart = launched(anna, app)
    log_out(browser, listed)
    with pytest.raises(FHIRUnauthorizedException):
        smart.server.request_json(f"Patient/{smart.patient_id}")
    with pytest.raises(Exception, match="400 Client Error"):
        smart.reauthorize()


def test_it_goes_on_from_what_it_has_saved(anna: tuple[Browser, Page], app: App) -> None:
    saved: Any = json.loads(json.dumps(launched(anna, app).state))
    again = FHIRClient(state=saved)
    assert again.patient.name[0].family == LINE["family"]


def test_a_launch_in_another_browser_is_asked_about_and_then_read(
    world: World, anna: tuple[Browser, Page], app: App
) -> None:
    smart, elsewhere = app.begin(carried(*anna)), world.browser()
    page = elsewhere.open(smart.authorize_url)
    assert is_login_page(page)
    asked = elsewhere.submit(page, page.form(), person=ANNA.sub)
    smart.handle_callback(answered_with(elsewhere, asked, "Åpne Demomelding"))
    assert smart.patient.name[0].family == LINE["family"]


def test_it_says_why_when_the_clinician_says_no(world: World, anna: tuple[Browser, Page], app: App) -> None:
    smart, elsewhere = app.begin(carried(*anna)), world.browser()
    world.log_in(elsewhere, ANNA)
    asked = elsewhere.open(smart.authorize_url)
    with pytest.raises(Exception, match="the clinician said no"):
        smart.handle_callback(answered_with(elsewhere, asked, "Nei, avbryt"))


def test_it_refuses_an_answer_to_another_request(anna: tuple[Browser, Page], app: App) -> None:
    smart = app.begin(carried(*anna))
    back = comes_back(anna[0], smart).url.replace(smart.server.auth.auth_state, "another")
    with pytest.raises(Exception, match="Invalid state"):
        smart.handle_callback(back)


def test_a_launch_is_good_once(anna: tuple[Browser, Page], app: App) -> None:
    launch = carried(*anna)
    first, second = app.begin(launch), app.begin(launch)
    first.handle_callback(comes_back(anna[0], first).url)
    with pytest.raises(Exception, match="launch is unknown, used or too old"):
        second.handle_callback(comes_back(anna[0], second).url)
    assert first.patient.name[0].family == LINE["family"]


def test_a_wrong_secret_gets_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    App("client_secret_basic", SECRET).register(world)
    with pytest.raises(FHIRUnauthorizedException) as refused:
        launched(anna, App("client_secret_basic", "another"))
    assert refused.value.response.json()["error"] == "invalid_client"
    assert refused.value.response.headers["WWW-Authenticate"] == "Basic"
