"""What a page of links costs at least: Flask, a YAML file read once, the entries of the visitor's groups.

Started by gunicorn as `bare:app`, with the file's path in BARE_CATALOGUE.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, render_template_string, request

PAGE = """<!doctype html><html lang="nb"><title>Lenker</title><h1>Lenker</h1>
{% for entry in entries %}<article><h3>{{ entry.title }}</h3><p>{{ entry.summary }}</p>
<a href="{{ entry.url }}">Åpne</a></article>{% endfor %}</html>"""

app = Flask(__name__)
entries: list[dict[str, Any]] = yaml.safe_load(Path(os.environ["BARE_CATALOGUE"]).read_text(encoding="utf-8"))


@app.get("/")
def page() -> str:
    groups = set(request.headers.get("X-Groups", "").split(","))
    return render_template_string(PAGE, entries=[one for one in entries if groups.intersection(one["groups"])])
