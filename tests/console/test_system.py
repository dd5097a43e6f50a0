"""The system page in a real browser: sections that are kept here, and stored rows that the file no longer fits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.clicking import confirm, is_gone, open_row, top
from tests.console.company import Company
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from tests.e2e.process import until

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages

OTHER = {"id": "other", "kind": "echo"}
KEPT = "/system?tab=kept"


def change(page: Page, section: str) -> Locator:
    """The form of a section."""
    drawer = open_row(page, section)
    drawer.get_by_role("button", name="Change", exact=True).click()
    return top(page)


def save(page: Page) -> Locator:
    """Keep it; the drawer then tells its version."""
    page.get_by_role("button", name="Save the changes").click()
    drawer = page.get_by_role("dialog").first
    expect(drawer.get_by_text("Version 1")).to_be_visible()
    return drawer


def take_back(page: Page, drawer: Locator, name: str) -> None:
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    expect(page.get_by_role("dialog")).to_have_count(0)


def now(company: Company, section: str) -> Any:
    """The section as it is in force."""
    return company.gateway.ask("GET", f"{ADMIN}/config", company.token).body[section]


def test_alerts_are_posted_where_it_is_said_and_the_secret_is_never_shown(
    company: Company, owner: Visit, shots: Path
) -> None:
    page = owner.go(KEPT)
    owner.is_well(shots, "system-kept")
    form = change(page, "Alerts")
    form.get_by_label("Address that they are posted to").fill("https://hooks.books.test/torana")
    form.get_by_label("Secret that signs each body").fill("a-secret-never-shown-4711")
    assert owner.flaws() == []
    drawer = save(page)
    assert until(lambda: (now(company, "alerts")["webhook"] or {}).get("secret"), 10)
    assert "never-shown" not in page.content()
    owner.is_well(shots, "system-alerts")
    take_back(page, drawer, "alerts")
    assert until(lambda: now(company, "alerts")["webhook"] is None, 10)


def test_the_cache_is_switched_on_and_a_default_model_is_set_and_both_are_taken_back(
    company: Company, owner: Visit
) -> None:
    page = owner.go(KEPT)
    change(page, "Cache").get_by_role("checkbox", name="Switched on").first.check()
    drawer = save(page)
    assert until(lambda: now(company, "cache")["exact"]["enabled"], 10)
    take_back(page, drawer, "cache")
    assert until(lambda: not now(company, "cache")["exact"]["enabled"], 10)
    form = change(page, "Default model")
    form.get_by_label("Model of requests that name none").fill("no-such-model")
    owner.expected.add("default_model/default_model?own=false")
    page.get_by_role("button", name="Save the changes").click()
    expect(top(page).get_by_text("no-such-model").first).to_be_visible()
    form.get_by_label("Model of requests that name none").fill("fast-one")
    drawer = save(page)
    assert until(lambda: now(company, "default_model") == "fast-one", 10)
    assert owner.flaws() == []
    take_back(page, drawer, "default_model")
    assert until(lambda: now(company, "default_model") is None, 10)


@pytest.fixture
def misfit(company: Company, owner: Visit) -> Iterator[str]:
    """A model that is kept here and answered by a provider which the file does not have any more."""
    name, file = f"kept-{owner.width}", company.gateway.file
    ask, token, place = company.gateway.ask, company.token, f"{ADMIN}/models/kept-{owner.width}"
    before = json.loads(file.read_text())
    file.write_text(json.dumps({**before, "providers": [*before["providers"], OTHER]}))
    try:
        assert until(lambda: ask("GET", f"{ADMIN}/providers/other", token).status == 200, 20)
        document = {"deployments": [{"provider": "other", "model": "x"}], "prices": {"input": "1", "output": "2"}}
        assert ask("PUT", place, token, {"document": document}).status < 300
        file.write_text(json.dumps(before))
        assert until(lambda: waits(company), 20)
        yield name
    finally:
        file.write_text(json.dumps(before))
        ask("DELETE", place, token)
        assert until(lambda: not waits(company), 20)


def waits(company: Company) -> list[str]:
    """Why a newer configuration is not in force."""
    said = company.gateway.ask("GET", f"{ADMIN}/system/info", company.token)
    found: list[str] = said.body["configuration"]["problems"]
    return found


def test_what_the_file_no_longer_fits_is_shown_with_the_way_out_which_leads_out(
    company: Company, owner: Visit, misfit: str, shots: Path
) -> None:
    page = owner.go("/system")
    fitting = page.get_by_role("region", name="Whether the configuration fits")
    expect(fitting.get_by_role("alert").get_by_text("A newer configuration is refused")).to_be_visible()
    expect(fitting.get_by_text(f"torana config withdraw models {misfit}", exact=True)).to_be_visible()
    owner.is_well(shots, "system-refused")
    fitting.get_by_role("link", name=f"Open {misfit}").click()
    drawer = page.get_by_role("dialog").first
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, misfit, "Take back")
    is_gone(page, misfit)
    assert until(lambda: not waits(company), 20)
    owner.go("/system")
    expect(fitting.get_by_text("Nothing is wrong")).to_be_visible()
