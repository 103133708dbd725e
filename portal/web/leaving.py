"""The way out of the portal after a form was posted."""

from __future__ import annotations

from flask import Response, make_response, render_template


def leave(url: str, title: str) -> Response:
    """200 with `Refresh` and a plain link.

    Chromium applies our `form-action` to every later redirect of a form, also the target's and HelseID's own; a page
    that refreshes itself starts afresh.
    """
    response = make_response(render_template("leaving.html", url=url, title=title))
    response.headers["Refresh"] = f"0; url={url}"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
