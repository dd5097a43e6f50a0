"""Keys, users, teams and departments in a real browser: each page's job done by clicking."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.console.clicking import confirm, dismiss_notices, open_row, top
from tests.console.company import Company, address_of
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from torana.stores import sql

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages


def test_a_key_is_made_used_rotated_changed_and_revoked(company: Company, owner: Visit) -> None:
    name = f"robot {owner.width}"
    page = owner.go("/keys")
    page.get_by_role("button", name="New key").click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Team", exact=True).select_option("books")
    top(page).get_by_role("textbox", name="Models").fill("fast-*")
    page.get_by_role("button", name="Add a limit").click()
    top(page).get_by_placeholder("At most").fill("600")
    page.get_by_role("button", name="Add a budget").click()
    top(page).get_by_label("At most", exact=True).last.fill("12.50")
    top(page).get_by_label("Expires").fill("2090-01-31T10:00")
    assert owner.flaws() == []
    page.get_by_role("button", name="Create the key").click()
    page.get_by_role("button", name="Show").click()
    secret = page.get_by_label("The new key").inner_text()
    assert company.gateway.ask("GET", "/v1/models", secret).status == 200
    page.get_by_role("button", name="Done").click()
    open_row(page, name)
    for said in ("600 requests a minute", "$12.50 a month", "fast-*", "Finance / Books"):
        expect(top(page).get_by_text(said)).to_be_visible()
    page.get_by_label("The old one works on for").select_option("0")
    page.get_by_role("button", name="Make a new secret").click()
    page.get_by_role("button", name="Show").click()
    assert page.get_by_label("The new key").inner_text() != secret
    page.get_by_role("button", name="Change", exact=True).click()
    top(page).get_by_label("Environment").fill("staging")
    page.get_by_role("button", name="Save the changes").click()
    expect(top(page).get_by_text("staging")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    confirm(page, name, "Revoke")
    expect(top(page).get_by_text("Revoked").first).to_be_visible()


def test_a_user_is_changed_suspended_and_taken_back_given_a_permission_and_removed(
    company: Company, owner: Visit
) -> None:
    name = f"Farid {owner.width}"
    made = company.make("users", name=name, email=f"farid-{owner.width}@books.test", role="user", team="tax")
    page = owner.go("/users")
    page.get_by_label("Name or address").fill(name)
    open_row(page, name)
    page.get_by_role("button", name="Change", exact=True).click()
    top(page).get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Save the changes").click()
    expect(top(page).get_by_text("Viewer")).to_be_visible()
    page.get_by_role("button", name="Suspend").click()
    expect(top(page).get_by_text("Suspended", exact=True)).to_be_visible()
    page.get_by_role("button", name="Let in again").click()
    expect(top(page).get_by_text("Active", exact=True)).to_be_visible()
    page.get_by_role("button", name="Give one").click()
    top(page).get_by_label("Permission", exact=True).select_option("audit.read")
    top(page).get_by_label("Why").fill("an incident")
    page.get_by_role("button", name="Give one").click()
    expect(top(page).get_by_text("audit.read").first).to_be_visible()
    dismiss_notices(page)  # on a phone they lie over buttons while they are shown
    assert owner.flaws() == []
    page.get_by_role("button", name="End", exact=True).click()
    expect(top(page).get_by_text("None", exact=True)).to_be_visible()
    # Within the drawer: what lies below one is dimmed, and neither read aloud nor clicked.
    expect(top(page).get_by_role("status", name="Notices").get_by_role("button", name="Dismiss")).to_be_visible()
    dismiss_notices(page)
    page.get_by_role("button", name="Remove", exact=True).click()
    confirm(page, name, "Remove")
    expect(page.get_by_text("Nobody here matches")).to_be_visible()
    gone = company.gateway.ask("GET", f"{ADMIN}/users/{made['id']}", company.token)
    assert gone.status == 404


def test_somebody_who_was_made_anew_at_their_identity_provider_is_unlinked_from_it(
    company: Company, owner: Visit
) -> None:
    name, provider = f"Gauri {owner.width}", f"corp-{owner.width}"
    made = company.make("users", name=name, email=f"gauri-{owner.width}@books.test", role="user")
    with closing(sql.connect(json.loads(company.gateway.file.read_text())["database_url"])) as database:
        row = (company.tenant, provider, "Books sign-in", "{}", "", 0, 0, 0.0, 0.0, 1)
        database.execute(f"INSERT INTO sso_providers VALUES ({', '.join('?' * len(row))})", row)
        known = (company.tenant, provider, "00u8f2-the-old-one", made["id"], "[]", 1_790_000_000.0, 1_790_000_000.0)
        database.execute(f"INSERT INTO sso_identities VALUES ({', '.join('?' * len(known))})", known)
        database.commit()
    page = owner.go("/users")
    page.get_by_label("Name or address").fill(name)
    open_row(page, name)
    expect(top(page).get_by_text("00u8f2-the-old-one")).to_be_visible()
    assert owner.flaws() == []
    page.get_by_role("button", name="Unlink").click()
    confirm(page, name, "Unlink")
    expect(page.get_by_text(f"{name} is unlinked from Books sign-in")).to_be_visible()
    expect(top(page).get_by_text("00u8f2-the-old-one")).to_have_count(0)
    assert company.gateway.ask("GET", f"{ADMIN}/users/{made['id']}/identities", company.token).body["items"] == []


def test_a_department_and_a_team_are_made_and_somebody_is_put_in(company: Company, owner: Visit) -> None:
    department, team = f"Research {owner.width}", f"Lab {owner.width}"
    page = owner.go("/teams?tab=departments")
    page.get_by_role("button", name="New department").click()
    top(page).get_by_label("Name", exact=True).fill(department)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("main").get_by_role("button", name=department, exact=True)).to_be_visible()
    page.get_by_role("tab", name="Teams").click()
    page.get_by_role("button", name="New team").click()
    top(page).get_by_label("Name", exact=True).fill(team)
    top(page).get_by_label("Department", exact=True).select_option(label=department)
    page.get_by_role("button", name="Make it").click()
    open_row(page, team)
    top(page).get_by_label("Who").select_option(label="Grace Okafor")
    page.get_by_role("button", name="Put in").click()
    expect(page.get_by_label("Part of Grace Okafor")).to_have_value("member")
    page.get_by_label("Part of Grace Okafor").select_option("lead")
    expect(page.get_by_label("Part of Grace Okafor")).to_have_value("lead")
    assert owner.flaws() == []
    page.get_by_role("button", name="Take out").click()
    expect(page.get_by_text("Nobody yet")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    confirm(page, team, "Remove")
    expect(page.get_by_role("main").get_by_role("button", name=team, exact=True)).to_have_count(0)


def test_a_manager_invites_with_no_role_above_their_own(company: Company, desk: Visit) -> None:
    desk.sign_in(address_of("manager"))
    page = desk.go("/users")
    page.get_by_role("button", name="Invite somebody").click()
    assert top(page).get_by_label("Role").locator("option").all_inner_texts() == ["User"]
    asked = {"email": "mighty@books.test", "role": "admin"}
    said = company.gateway.ask("POST", f"{ADMIN}/auth/invitations", company.token_of(address_of("manager")), asked)
    assert (said.status, said.body["error_code"]) == (403, "PERMISSION_DENIED")
