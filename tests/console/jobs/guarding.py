"""The main jobs of guardrails, policies, approvals and the audit trail."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.console.clicking import (
    closed,
    confirm,
    csv_of,
    open_row,
    reads_rows,
    takes_away,
    top,
    writes_a_policy,
)
from tests.console.company import OWNER, Company, address_of
from tests.console.jobs.person import Person
from tests.control.standing import ADMIN
from torana.control.permissions import MANAGER

FOR_ALL = "house-rules"
"""The policy that is there for readers to see."""
ASKED_FOR = "asked-for"
"""How the name of every policy that waits for a second pair of eyes begins."""


def tries_a_text(person: Person) -> None:
    page = person.visit.go("/guardrails?tab=text")
    page.get_by_label("Text", exact=True).fill("Write to ann.smith@example.org")
    page.get_by_text("An answer", exact=True).click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Blocked", exact=True)).to_be_visible()


def writes_and_withdraws_a_policy(person: Person) -> None:
    name = f"policy-of-{person.mark}"
    page = person.visit.page
    writes_a_policy(page, name)
    expect(page.get_by_role("dialog").get_by_text("Version 1")).to_be_visible()
    takes_away(page, name, "Withdraw")


def reads_policies(person: Person) -> None:
    reads_rows(person.visit.page, "Find a policy", FOR_ALL)


def asked_for(company: Company, name: str, email: str) -> None:
    """A policy of this name waits for a second pair of eyes, asked for by somebody."""
    ask, place = company.gateway.ask, f"{ADMIN}/tenants/{company.tenant}"
    before = ask("GET", place, company.token).body["settings"].get("four_eyes") or {}

    def demand(wanted: bool) -> None:
        eyes = {"four_eyes": {**before, "policy_change": wanted}}
        said = ask("PUT", place, company.token, {"settings": eyes})
        if said.status == 202:  # taking it away waits for somebody else too
            decider = company.token_of(address_of("admin"))
            said = ask("POST", f"{ADMIN}/approvals/{said.body['id']}/approve", decider, {})
        assert said.status == 200, said.body

    demand(True)
    try:
        document = {"attach": [{"tenant": company.tenant}], "cache": True}
        said = ask("PUT", f"{ADMIN}/policies/{name}", company.token_of(email), {"document": document})
        assert said.status == 202, said.body
    finally:
        demand(False)


def refuses_what_was_asked_for(person: Person) -> None:
    page = person.visit.page
    name = f"{ASKED_FOR}-{person.mark}"
    asked_for(person.company, name, OWNER if person.who == "admin" else address_of("admin"))
    page = person.visit.go("/approvals")
    drawer = open_row(page, f"policy:{name}")
    drawer.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("Refused. Nothing was changed.")).to_be_visible()


def reads_approvals(person: Person) -> None:
    page = person.visit.page
    if person.role == MANAGER:  # what waits is of the whole organisation
        expect(page.get_by_text("Nothing waits")).to_be_visible()
        return
    page.get_by_label("State", exact=True).select_option("pending")
    drawer = open_row(page, f"policy:{ASKED_FOR}")
    expect(drawer.get_by_text("What was asked for")).to_be_visible()
    for action in ("Approve", "Refuse"):
        expect(drawer.get_by_role("button", name=action)).to_have_count(0)
    closed(page)
    assert any(ASKED_FOR in line for line in csv_of(page))


def holds_records_back(person: Person) -> None:
    reads_the_trail(person)
    page, reason = person.visit.page, f"case of {person.mark}"
    page.get_by_role("tab", name="Holds and erasure").click()
    page.get_by_label("Why").first.fill(reason)
    page.get_by_role("button", name="Begin a hold").click()
    row = page.get_by_role("row").filter(has_text=reason)
    row.get_by_role("button", name="End it").click()
    confirm(page, reason, "End it")
    expect(row.get_by_role("button", name="End it")).to_have_count(0)


def reads_the_trail(person: Person) -> None:
    page = person.visit.page
    page.get_by_label("Kind").select_option("key")
    page.get_by_role("row").filter(has_text="keys.create").first.get_by_role("button").click()
    expect(top(page).get_by_role("heading", name="keys.create")).to_be_visible()
    closed(page)
    assert len(csv_of(page)) >= 2
    page.get_by_role("tab", name="Proof and export").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The trail is whole.")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="JSON lines").click()
    assert "keys.create" in Path(taken.value.path()).read_text(encoding="utf-8")
