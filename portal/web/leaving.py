"""The way out of the portal after a form was posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, make_response, render_template

from portal.web.protection import CSP

if TYPE_CHECKING:
    from collections.abc import Mapping


def leave(url: str, title: str, fields: Mapping[str, str] | None = None) -> Response:
    """200 with `Refresh` and a plain link, or with a form of `fields` for who takes its launches by POST.

    Chromium applies our `form-action` to every later redirect of a form, also the target's and HelseID's own; a page
    that refreshes itself starts afresh. A form cannot, so that one page says nothing of where forms may go.
    """
    response = make_response(render_template("leaving.html", url=url, title=title, fields=fields))
    if fields is None:
        response.headers["Refresh"] = f"0; url={url}"
    else:
        response.headers["Content-Security-Policy"] = CSP.replace("form-action 'self'", "form-action *")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
