"""The alerts name metrics that are there, with labels that they have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from prometheus_client.parser import text_string_to_metric_families
from support.source import ROOT
from support.staging import living

if TYPE_CHECKING:
    from pathlib import Path

RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def test_every_alert_names_metrics_that_exist(sqlite_url: str, tmp_path: Path) -> None:
    with living(sqlite_url, tmp_path) as world:
        page = world.egress.send("GET", f"{world.origin}/metrics").body.decode()
    there = {family.name for family in text_string_to_metric_families(page)}
    named = {rule["alert"]: set(re.findall(r"portal_\w+", rule["expr"])) for rule in rules()}
    assert all(named.values())
    assert {alert: names - there for alert, names in named.items() if names - there} == {}
    assert {"portal_incidents_open", "portal_writeback_silent", "portal_oldest_queued_seconds"} <= set().union(
        *named.values()
    )


def test_every_alert_says_how_grave_it_is_and_what_it_is() -> None:
    assert {rule["labels"]["severity"] for rule in rules()} <= {"critical", "warning", "info"}
    assert all(rule["annotations"]["summary"] for rule in rules())
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_what_a_summary_speaks_of_is_a_label_that_its_expression_keeps() -> None:
    for rule in rules():
        spoken = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        kept = {label for by in re.findall(r"by \(([^)]*)\)", rule["expr"])[:1] for label in by.split(", ")}
        assert spoken <= kept, rule["alert"]
