"""Overview, request log and audit in a real browser: each page's job done by clicking, and what all pages look like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.company import OWNER, Company
from tests.console.visit import Visit
from tests.e2e.stage import Stage
from torana.testing.plays import Stream

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages

PAGES = {
    "overview": "/?range=30d",
    "requests": "/requests?range=30d",
    "keys": "/keys",
    "users": "/users",
    "teams": "/teams",
    "audit": "/audit",
}


def test_every_page_is_well(company: Company, visit: Visit, shots: Path) -> None:
    visit.sign_in(OWNER)
    for name, path in PAGES.items():
        page = visit.go(path)
        page.wait_for_load_state("load")
        expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
        visit.is_well(shots, name)


def test_the_overview_leads_from_a_figure_to_its_requests(company: Company, owner: Visit, stage: Stage) -> None:
    stage.play(Stream(events=3))
    page = owner.go("/?range=30d")
    expect(page.get_by_text("Saved by the cache").first).to_be_visible()
    page.get_by_role("radio", name="Cost").check(force=True)
    expect(page).to_have_url(re.compile("show=cost"))
    expect(page.get_by_role("img", name="Over time: Cost")).to_be_visible()
    page.get_by_role("button", name="slow-one").click()
    expect(page.get_by_role("button", name="Remove the filter Model: slow-one")).to_be_visible()
    expect(page.get_by_role("cell", name="fast-one")).to_have_count(0)


def test_a_request_is_seen_as_it_ends(company: Company, owner: Visit, stage: Stage) -> None:
    stage.play(Stream(events=3))
    page = owner.go("/")
    live = page.get_by_role("list", name="Live")
    with page.expect_response("**/usage/tail*"):
        page.reload()
    assert company.call("How are you?").status == 200
    expect(live.get_by_role("listitem").first).to_contain_text("fast-one")
    live.get_by_role("link").first.click()
    expect(page.get_by_role("dialog").get_by_text("Where the time went")).to_be_visible()


def test_a_request_tells_what_became_of_it_and_what_it_cost(company: Company, owner: Visit, stage: Stage) -> None:
    stage.play(Stream(events=3))
    said = company.call("Hello")
    page = owner.go("/requests")
    page.get_by_label("Request id").fill(said.headers["x-request-id"])
    page.get_by_role("main").locator("tbody button").first.click()
    drawer = page.get_by_role("dialog")
    for text in ("Where the time went", "Plan and attempts", "Guardrails", "What it cost", "checkout"):
        expect(drawer.get_by_text(text).first).to_be_visible()
    expect(drawer.get_by_text("Adds up to what was recorded")).to_be_visible()
    assert owner.flaws() == []
    page.reload()
    expect(drawer.get_by_text("What it cost")).to_be_visible()


def test_the_request_log_is_filtered_and_taken_away(company: Company, desk: Visit) -> None:
    desk.sign_in(OWNER)
    page = desk.go("/requests?range=30d")
    page.get_by_label("Ending").select_option("upstream_error")
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Team", exact=True).last.select_option("books")
    expect(page.get_by_role("button", name="Remove the filter Team: Books")).to_be_visible()
    expect(page.get_by_text("UPSTREAM_UNAVAILABLE").first).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
        page.get_by_role("menuitem", name="Everything").click()
    assert taken.value.suggested_filename == "requests.csv"
    text = Path(taken.value.path()).read_text(encoding="utf-8")
    assert "UPSTREAM_UNAVAILABLE" in text
    assert "Completed" not in text


def test_the_trail_is_searched_proved_held_and_taken_away(company: Company, owner: Visit) -> None:
    page = owner.go("/audit")
    page.get_by_label("Kind").select_option("key")
    page.get_by_role("main").locator("tbody button").first.click()
    expect(page.get_by_role("dialog").get_by_text("keys.").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Proof and export").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The trail is whole.")).to_be_visible()
    assert owner.flaws() == []
    with page.expect_download() as taken:
        page.get_by_role("button", name="JSON lines").click()
    assert "keys.create" in Path(taken.value.path()).read_text(encoding="utf-8")
    page.get_by_role("tab", name="Holds and erasure").click()
    reason = f"case {owner.width}"
    page.get_by_label("Why").first.fill(reason)
    page.get_by_role("button", name="Begin a hold").click()
    expect(page.get_by_text("lasts", exact=True)).to_be_visible()
    assert owner.flaws() == []
    page.get_by_role("button", name="End it").click()
    page.get_by_label(f"Type {reason} to confirm").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(page.get_by_text("lasts", exact=True)).to_have_count(0)


def test_a_person_is_erased_once_their_name_is_typed(company: Company, owner: Visit) -> None:
    name = f"Gone {owner.width}"
    company.make("users", name=name, email=f"gone-{owner.width}@books.test", role="user", team="tax")
    page = owner.go("/audit?tab=retention")
    page.get_by_label("Who").select_option(label=name)
    page.get_by_label("Why").last.fill("they asked for it")
    page.get_by_role("button", name="Erase…").click()
    expect(page.get_by_role("button", name="Erase a person")).to_be_disabled()
    page.get_by_label(f"Type {name} to confirm").fill(name)
    page.get_by_role("button", name="Erase a person").click()
    expect(page.get_by_text("are now of")).to_be_visible()


def test_usage_is_split_by_whoever_and_whatever_there_is(company: Company, owner: Visit, shots: Path) -> None:
    page = owner.go("/usage")
    expect(page.get_by_role("main").get_by_text("slow-one").first).to_be_visible()
    page.get_by_label("By", exact=True).select_option("user")
    expect(page.get_by_role("main").get_by_text("Kavya Iyer").first).to_be_visible()
    page.get_by_label("First", exact=True).select_option("requests")
    expect(page).to_have_url(re.compile("order=requests"))
    owner.is_well(shots, "usage")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    assert "Kavya Iyer" in Path(taken.value.path()).read_text(encoding="utf-8")
