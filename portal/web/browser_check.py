"""Whether the browser that a journal system has built in can do what our pages need: for clinicians and for vendors."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _

from portal.domain.norwegian_time import OSLO
from portal.web import cookies, language
from portal.web.guards import public
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    Mark = Literal["ok", "bad", "unknown"]

blueprint = Blueprint("browser_check", __name__)

PROBE, FIRST_SEEN = "probe", "first-seen"
"""Cookies: one that ends with the browser, and one that holds the day when it was first here."""
_REMEMBERED = timedelta(days=30)
_AGAIN = "igjen"
_LONGEST_AGENT = 500

# Chromium, Firefox and Safari from the first whole version with `:has()`, which Designsystemet's style sheet and ours
# stand on (MDN browser-compat-data, css/selectors/has.json: 105, 121, 15.4). The first that matches is the engine.
_ENGINES = (
    ("Internet Explorer", re.compile(r"(?:MSIE |Trident/.*rv:)(\d{1,4})"), None),
    ("Edge (EdgeHTML)", re.compile(r"Edge/(\d{1,4})"), None),
    ("Edge", re.compile(r"Edg/(\d{1,4})"), 105),
    ("Firefox", re.compile(r"Firefox/(\d{1,4})"), 121),
    ("Chromium", re.compile(r"Chrome/(\d{1,4})"), 105),
    ("Safari", re.compile(r"Version/(\d{1,4}).* Safari/"), 16),
)
# The agent is Edge's own, only this brand tells them apart (MicrosoftEdge/WebView2Feedback#2576).
_WEBVIEW2 = "Microsoft Edge WebView2"


class Answer(NamedTuple):
    """How something went, and what to do about it."""

    mark: Mark
    text: str
    advice: str = ""


class Row(NamedTuple):
    """One thing that is tried; the first answer stands until a script knows better. `note` is for the vendor."""

    id: str
    label: str
    answers: tuple[Answer, ...]
    note: str = ""


_NOT_TRIED = Answer("unknown", _("Kan ikke prøves uten skript."))
_BY_SCRIPT = (
    Row(
        "script",
        _("Skript"),
        (
            Answer(
                "bad",
                _("Skript kjører ikke. Sidene virker, men sier ikke fra av seg selv når du åpner en annen pasient."),
                _("Be leverandøren slå på skript for denne adressen."),
            ),
            Answer("ok", _("Skript kjører.")),
        ),
    ),
    Row(
        "clock",
        _("Klokke"),
        (
            _NOT_TRIED,
            Answer("ok", _("Klokken på maskinen går riktig.")),
            Answer(
                "bad",
                _("Klokken på maskinen går mer enn et minutt feil."),
                _("Be den som drifter maskinen, stille klokken. Innloggingen kan feile når den er feil."),
            ),
        ),
    ),
    Row(
        "window",
        _("Vindu"),
        (
            _NOT_TRIED,
            Answer("ok", _("Siden har vinduet for seg selv.")),
            Answer(
                "bad",
                _("Siden ligger i en ramme på en annen side."),
                _("Be leverandøren åpne Inngangsportalen i et eget vindu eller en egen fane, ikke i en ramme."),
            ),
        ),
    ),
)


@blueprint.get("/nettlesertest")
@public
def show() -> ResponseReturnValue:
    """Try the browser and say what to do; it is tried in two steps, since a cookie must come back."""
    if "prove" not in request.args:
        return _begin()
    now = parts().now()
    rows = (_cookies(), _profile(now.astimezone(OSLO).date()), _zone(), _engine(), *_BY_SCRIPT)
    noted = " ".join(f"{row.id}={row.note or row.answers[0].mark}" for row in rows)
    line = f"nettlesertest {now:%Y-%m-%dT%H:%MZ} {noted}"
    return render_template("browser_check.html", rows=rows, line=line, now=int(now.timestamp()))


def _begin() -> ResponseReturnValue:
    """Leave two cookies and come back; who brings the lasting one alone was closed in between and has kept it."""
    kept = cookies.read(FIRST_SEEN) is not None and cookies.read(PROBE) is None
    asked = request.args.get("lang")
    speak = asked if asked in language.LANGUAGES else None
    response = redirect(url_for("browser_check.show", prove=_AGAIN if kept else "1", lang=speak), 303)
    cookies.put(response, PROBE, "1")
    if _first_seen() is None:
        cookies.put(response, FIRST_SEEN, f"{parts().now().astimezone(OSLO):%Y-%m-%d}", _REMEMBERED)
    return response


def _cookies() -> Row:
    answer = Answer(
        "bad",
        _("Nettleseren beholder ikke informasjonskapsler, så du kan ikke logge inn."),
        _("Be leverandøren tillate informasjonskapsler fra denne adressen, og åpne siden i et eget vindu."),
    )
    if cookies.read(PROBE):
        answer = Answer("ok", _("Nettleseren beholder informasjonskapsler."))
    return Row("cookies", _("Informasjonskapsler"), (answer,))


def _profile(today: date) -> Row:
    answer, first = Answer("unknown", _("Kan ikke prøves uten informasjonskapsler.")), _first_seen()
    if first and (first < today or request.args["prove"] == _AGAIN):
        answer = Answer(
            "ok", _("Profilen er beholdt: nettleseren var her første gang %(day)s.", day=f"{first:%d.%m.%Y}")
        )
    elif first:
        answer = Answer(
            "unknown",
            _("Nettleseren var her første gang i dag. Lukk journalsystemet, åpne det igjen og kom tilbake hit."),
            _("Står det samme da, må leverandøren gi nettleseren en fast profilmappe."),
        )
    return Row("profile", _("Nettleserprofil"), (answer,))


def _zone() -> Row:
    text = _("Du er på internett. Tjenester som bare finnes på helsenettet, kan ikke åpnes herfra.")
    if zone() == "helsenett":
        text = _("Du er på helsenettet")
    return Row("zone", _("Nett"), (Answer("ok", text),), zone())


def _engine() -> Row:
    agent, label = request.user_agent.string[:_LONGEST_AGENT], _("Nettleser")
    tried = ((name, pattern.search(agent), least) for name, pattern, least in _ENGINES)
    found = next(((name, int(hit[1]), least) for name, hit, least in tried if hit), None)
    if found is None:
        return Row("engine", label, (Answer("unknown", _("Nettleseren sier ikke hva den er.")),))
    name, version, least = found
    if name == "Edge" and _WEBVIEW2 in request.headers.get("Sec-CH-UA", ""):
        name = "Edge WebView2"
    return Row("engine", label, (_verdict(name, version, least),), f"{name.replace(' ', '-')}/{version}")


def _verdict(name: str, version: int, least: int | None) -> Answer:
    if least is None:
        text = _("%(name)s kan ikke vise sidene våre.", name=name)
        advice = _("Be leverandøren bytte til WebView2 eller en annen nettleser som holdes ved like.")
        return Answer("bad", text, advice)
    if version < least:
        known = {"name": name, "version": version, "least": least}
        text = _("%(name)s %(version)s er for gammel. Sidene trenger %(least)s eller nyere.", **known)
        return Answer("bad", text, _("Be leverandøren oppdatere den innebygde nettleseren."))
    return Answer("ok", f"{name} {version}")


def _first_seen() -> date | None:
    try:
        return date.fromisoformat(cookies.read(FIRST_SEEN) or "")
    except ValueError:
        return None
