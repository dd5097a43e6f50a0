"""The main jobs of budgets and billing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.clicking import confirm, csv_of, is_gone, open_row, reads_rows, top
from tests.console.jobs.person import Person
from torana.control.permissions import MANAGER

WATCHED = "house-budget"
"""The budget that is there for readers to see."""


def makes_and_takes_back_a_budget(person: Person) -> None:
    name = f"budget-of-{person.mark}"
    page = person.visit.page
    page.get_by_role("button", name="New budget").first.click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Amount of money").fill("9000.00")
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog").first
    expect(drawer.get_by_text("$9,000.00").first).to_be_visible()
    drawer.get_by_role("button", name="Take back").click()
    confirm(page, name, "Take back")
    is_gone(page, name)
    if person.role == MANAGER:  # what is about others is theirs to see
        drawer = open_row(page, WATCHED)
        expect(drawer.get_by_text("$90,000.00").first).to_be_visible()
        for action in ("Change", "Take back"):
            expect(drawer.get_by_role("button", name=action, exact=True)).to_have_count(0)


def reads_budgets_and_tries_one(person: Person) -> None:
    page = person.visit.go("/budgets?tab=budgets")
    reads_rows(page, "Name, or whom it is about", WATCHED)
    page.get_by_role("tab", name="What if").click()
    page.get_by_label("Amount", exact=True).fill("0.01")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("used up").first).to_be_visible()


def drafts_an_invoice(person: Person) -> None:
    page = person.visit.go("/billing?tab=invoices")
    page.get_by_role("button", name="New draft").click()
    drawer = page.get_by_role("dialog").first
    expect(drawer.get_by_text("It can be issued once its last day")).to_be_visible()
    drawer.get_by_role("button", name="Remove the draft").click()
    expect(page.get_by_text("The draft is removed")).to_be_visible()


def reads_the_bill(person: Person) -> None:
    page = person.visit.page
    expect(page.get_by_text("To pay so far")).to_be_visible()
    assert any("slow-one" in line for line in csv_of(page))
    page.get_by_role("tab", name="Forecast").click()
    expect(page.get_by_text("Expected at the end")).to_be_visible()
