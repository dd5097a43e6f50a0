"""The main jobs of the overview, the request log, usage and the playground."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.console.asking import ask
from tests.console.clicking import closed, csv_of
from tests.console.jobs.person import Person
from torana.control.permissions import of_role


def follows_a_figure(person: Person) -> None:
    page = person.visit.go("/?range=30d")
    page.get_by_role("radio", name="Cost").check(force=True)
    expect(page.get_by_role("img", name="Over time: Cost")).to_be_visible()
    bar = page.get_by_role("button", name="slow-one")
    if "requests.read" not in of_role(person.role):
        expect(page.get_by_text("slow-one").first).to_be_visible()
        expect(bar).to_have_count(0)
        return
    bar.click()
    expect(page.get_by_role("button", name="Remove the filter Model: slow-one")).to_be_visible()
    expect(page.get_by_role("cell", name="fast-one")).to_have_count(0)


def finds_a_request(person: Person) -> None:
    page = person.visit.go("/requests?range=30d")
    page.get_by_label("Ending").select_option("upstream_error")
    expect(page.get_by_text("UPSTREAM_UNAVAILABLE").first).to_be_visible()
    page.get_by_role("main").locator("tbody button").first.click()
    expect(page.get_by_role("dialog").get_by_text("What it cost").first).to_be_visible()
    closed(page)
    assert "UPSTREAM_UNAVAILABLE" in "\n".join(csv_of(page))


def splits_usage(person: Person) -> None:
    page = person.visit.go("/usage")
    expect(page.get_by_role("main").get_by_text("slow-one").first).to_be_visible()
    page.get_by_label("By", exact=True).select_option("user")
    expect(page).to_have_url(re.compile("by=user"))
    expect(page.get_by_role("main").get_by_role("cell", name="slow-one")).to_have_count(0)
    assert len(csv_of(page)) >= 2


def asks_a_model(person: Person) -> None:
    """By their own session: no key is pasted."""
    page = person.visit.page
    ask(page, f"A question of {person.mark}")
    expect(page.get_by_text("Whole answer")).to_be_visible()
    expect(page.get_by_text("Cost").first).to_be_visible()
