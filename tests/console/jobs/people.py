"""The main jobs of keys, users, teams, access and organisations."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.clicking import closed, confirm, csv_of, is_gone, open_row, reads_rows, top
from tests.console.jobs.person import Person
from tests.console.visit import Visit

STANDING = "standing"
"""The SCIM token that is there for readers to see."""


def make_a_key(visit: Visit, name: str) -> str:
    """A key of one's own; its secret."""
    page = visit.go("/keys")
    page.get_by_role("button", name="New key").first.click()
    top(page).get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create the key").click()
    page.get_by_role("button", name="Show").click()
    secret = page.get_by_label("The new key").inner_text()
    page.get_by_role("button", name="Done").click()
    return secret


def makes_and_revokes_a_key(person: Person) -> None:
    page, name = person.visit.page, f"key of {person.mark}"
    secret = make_a_key(person.visit, name)
    assert person.company.gateway.ask("GET", "/v1/models", secret).status == 200
    open_row(page, name)
    page.get_by_role("button", name="Revoke").click()
    confirm(page, name, "Revoke")
    expect(top(page).get_by_text("Revoked").first).to_be_visible()
    closed(page)


def reads_keys(person: Person) -> None:
    reads_rows(person.visit.page, "Name or beginning", "checkout")


def invites_and_takes_back(person: Person) -> None:
    email = f"guest-of-{person.mark}@books.test"
    page = person.visit.page
    page.get_by_role("button", name="Invite somebody").click()
    top(page).get_by_label("Email").fill(email)
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_label("The link", exact=True)).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("tab", name="Invitations").click()
    row = page.get_by_role("row").filter(has_text=email)
    expect(row.get_by_text("User", exact=True)).to_be_visible()
    row.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("row").filter(has_text=email)).to_have_count(0)


def reads_users(person: Person) -> None:
    reads_rows(person.visit.page, "Name or address", "Ben Carter")


def makes_and_removes_a_team(person: Person) -> None:
    name = f"Team of {person.mark}"
    page = person.visit.page
    page.get_by_role("button", name="New team").click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Department", exact=True).select_option("finance")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    open_row(page, name)
    page.get_by_role("button", name="Remove", exact=True).click()
    confirm(page, name, "Remove")
    is_gone(page, name)


def reads_teams(person: Person) -> None:
    reads_rows(person.visit.page, "Name or id", "Web shop" if person.role == "user" else "Books")


def makes_and_revokes_a_scim_token(person: Person) -> None:
    name = f"token of {person.mark}"
    page = person.visit.page
    page.get_by_role("tab", name="SCIM").click()
    page.get_by_role("button", name="New token").first.click()
    top(page).get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_label("SCIM token")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name=f"Revoke {name}").click()
    confirm(page, name, "Revoke")
    expect(page.get_by_role("row").filter(has_text=name)).to_have_count(0)


def reads_scim_tokens(person: Person) -> None:
    page = person.visit.page
    page.get_by_role("tab", name="SCIM").click()
    expect(page.get_by_role("row").filter(has_text=STANDING).first).to_be_visible()
    expect(page.get_by_role("button", name=f"Revoke {STANDING}")).to_have_count(0)
    assert any(STANDING in line for line in csv_of(page))


def makes_and_removes_an_organisation(person: Person) -> None:
    name = f"House of {person.mark}"
    page = person.visit.page
    page.get_by_role("button", name="New organisation").click()
    top(page).get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog").first
    drawer.get_by_role("button", name="Remove", exact=True).click()
    confirm(page, name, "Remove")
    is_gone(page, name)
