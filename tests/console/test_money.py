"""Budgets, limits and billing in a real browser: each page's job done by clicking."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.clicking import confirm, open_row
from tests.console.company import Company
from tests.console.visit import Visit
from tests.e2e.stage import Stage
from torana.testing.plays import Stream

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages

DAY_S = 86_400


def test_a_budget_is_tried_made_watched_and_taken_back(
    company: Company, owner: Visit, shots: Path, stage: Stage
) -> None:
    name = f"web-shop-{owner.width}"
    page = owner.go("/budgets?tab=what-if")
    page.get_by_label("Whose is added up").select_option("team")
    page.get_by_label("Amount", exact=True).fill("0.01")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It would have been used up in")).to_be_visible()
    owner.is_well(shots, "what-if")
    page.get_by_role("button", name="Make this budget").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Only this one").last.fill("web-shop")
    page.get_by_label("Amount of money").fill("9000.00")
    page.get_by_label("Alert at these shares").fill("0.5, 0.8")
    assert owner.flaws() == []
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("$9,000.00").first).to_be_visible()
    expect(drawer.get_by_text("team Web shop").first).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    stage.play(Stream(events=3))
    assert company.call("One for the budget").status == 200
    page.get_by_role("tab", name="How they stand").click()
    expect(page.get_by_role("row").filter(has_text=name).get_by_text("of $9,000.00")).to_be_visible()
    owner.is_well(shots, "budgets")
    drawer = open_row(page, name)
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    expect(page.get_by_role("main").get_by_role("button", name=name)).to_have_count(0)


def test_a_limit_is_made_and_said_in_words(owner: Visit, shots: Path) -> None:
    name = f"per-key-{owner.width}"
    page = owner.go("/budgets?tab=limits")
    page.get_by_role("button", name="New limit").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Requests in the time").fill("60000")
    page.get_by_label("The time (optional)", exact=True).fill("1m")
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("60,000 requests in 1m")).to_be_visible()
    expect(drawer.get_by_text("each key")).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    owner.is_well(shots, "limits")
    open_row(page, name).get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    expect(page.get_by_role("main").get_by_role("button", name=name)).to_have_count(0)


def test_a_bill_is_read_by_model_and_by_person(owner: Visit, shots: Path) -> None:
    page = owner.go("/billing")
    expect(page.get_by_text("To pay so far")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("slow-one").first).to_be_visible()
    owner.is_well(shots, "billing")
    page.get_by_role("tab", name="People").click()
    drawer = open_row(page, "Ben Carter")
    expect(drawer.get_by_role("row").filter(has_text="old-one").first).to_be_visible()
    owner.is_well(shots, "billing-person")


def test_an_invoice_is_drafted_issued_taken_home_and_credited(owner: Visit, shots: Path) -> None:
    page = owner.go("/billing?tab=invoices")
    page.get_by_role("button", name="New draft").click()
    drawer = page.get_by_role("dialog").first
    expect(drawer.get_by_text("It can be issued once its last day")).to_be_visible()
    owner.is_well(shots, "invoice-draft")
    drawer.get_by_role("button", name="Remove the draft").click()
    expect(page.get_by_text("The draft is removed")).to_be_visible()
    if owner.is_phone:
        return
    page.get_by_label("Month", exact=True).select_option(index=1)
    page.get_by_role("button", name="New draft").click()
    drawer.get_by_role("button", name="Issue", exact=True).click()
    assert owner.flaws() == []
    confirm(page, page.url.split("month=")[1][:7] + "-01", "Issue")
    expect(drawer.get_by_text("issued", exact=True)).to_be_visible()
    with page.expect_download() as saved:
        drawer.get_by_role("button", name="PDF").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")
    owner.is_well(shots, "invoice")
    drawer.get_by_role("button", name="Credit note").click()
    page.get_by_label("Why").fill("A mistake of ours")
    page.get_by_role("dialog").last.get_by_role("button", name="Credit note").click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(drawer.get_by_text("A mistake of ours").first).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    expect(page.get_by_role("main").get_by_text("credit note").first).to_be_visible()
    owner.is_well(shots, "invoices")


def test_a_forecast_has_its_interval(owner: Visit, shots: Path) -> None:
    page = owner.go("/billing?tab=forecast")
    expect(page.get_by_text("Expected at the end")).to_be_visible()
    expect(page.get_by_text("between").first).to_be_visible()
    expect(page.get_by_role("img", name="What this month comes to")).to_be_visible()
    owner.is_well(shots, "forecast")


def test_a_provider_s_export_is_laid_beside_ours(owner: Visit, shots: Path, tmp_path: Path) -> None:
    page = owner.go("/billing?tab=reconcile")
    wrong, right = tmp_path / "export.txt", tmp_path / "export.json"
    wrong.write_text("no json")
    today = int(time.time()) // DAY_S * DAY_S
    result = {"model": "fast-one", "api_key_id": "key_a", "num_model_requests": 3, "input_tokens": 900}
    bucket = {"start_time": today - DAY_S, "end_time": today, "results": [{**result, "output_tokens": 40}]}
    right.write_text(json.dumps({"object": "page", "data": [bucket], "has_more": False}))
    page.get_by_label("The export", exact=True).set_input_files(wrong)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("This file is no JSON")).to_be_visible()
    page.get_by_label("The export", exact=True).set_input_files(right)
    page.get_by_role("button", name="Compare").click()
    drawer = page.get_by_role("dialog").first
    expect(drawer.get_by_text("They differ")).to_be_visible()
    expect(drawer.get_by_role("row").filter(has_text="fast-one").first).to_be_visible()
    owner.is_well(shots, "reconciliation")


def test_the_plan_is_written_and_bills_by_it(owner: Visit, shots: Path) -> None:
    page = owner.go("/billing?tab=plan")
    page.get_by_role("button", name="Change the plan").click()
    top = page.get_by_role("dialog").last
    top.get_by_label("Margin on token costs, in percent").fill("12.5")
    top.get_by_label("Price per person and month").fill("abc")
    assert owner.flaws() == []
    owner.expected.add("/billing/plan")
    page.get_by_role("button", name="Save the plan").click()
    expect(top.get_by_role("alert").first).to_be_visible()
    top.get_by_label("Price per person and month").fill("4.00")
    top.get_by_role("group", name="Who bills").get_by_label("Name").fill("Torana Ltd")
    page.get_by_role("button", name="Save the plan").click()
    expect(page.get_by_text("12.5%")).to_be_visible()
    expect(page.get_by_text("Torana Ltd")).to_be_visible()
    owner.is_well(shots, "plan")
    page.get_by_role("tab", name="Summary").click()
    expect(page.get_by_role("main").get_by_text("margin", exact=True).first).to_be_visible()


def test_usage_is_rated_again_once_it_was_seen_and_confirmed(owner: Visit, shots: Path) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - (3 if owner.is_phone else 4) * DAY_S))
    page = owner.go("/billing?tab=rerate")
    page.get_by_label("First day").fill(day)
    page.get_by_label("Last day").fill(day)
    page.get_by_label("Only this model").fill("fast-one")
    page.get_by_label("By these prices instead").check()
    page.get_by_label("Input", exact=True).fill("0.30")
    page.get_by_label("Output", exact=True).fill("1.20")
    page.get_by_label("Why").fill(f"The price was doubled ({owner.width})")
    page.get_by_role("button", name="See what comes of it").click()
    expect(page.get_by_text("requests rated")).to_be_visible()
    owner.is_well(shots, "rerating")
    page.get_by_role("button", name="Keep the adjustments").click()
    confirm(page, day, "Keep the adjustments")
    expect(page.get_by_text("goes to the next invoice").first).to_be_visible()
    drawer = open_row(page, f"The price was doubled ({owner.width})")
    expect(drawer.get_by_text("not yet").first).to_be_visible()
    assert owner.flaws() == []
