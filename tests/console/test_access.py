"""Identity providers, SCIM tokens and organisations in a real browser, with a real provider to sign in through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.console.clicking import confirm, top
from tests.console.company import Company
from tests.console.visit import Visit
from tests.control.signing_in import Login
from tests.control.standing import Standing

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages

SCIM_USERS = "/scim/v2/Users"


@pytest.fixture(scope="module")
def login(gateway: Standing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    """An identity provider of the company's."""
    found = Login(tmp_path_factory.mktemp("login"), gateway.origin)
    yield found
    found.stop()


def test_a_provider_is_asked_kept_signed_in_through_and_removed(
    company: Company, owner: Visit, browser: Browser, login: Login, shots: Path
) -> None:
    name = f"Books login {owner.width}"
    login.person(f"asha-{owner.width}", groups=["readers"])
    page = owner.go("/access")
    expect(page.get_by_text("No identity provider yet")).to_be_visible()
    page.get_by_role("button", name="New identity provider").first.click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Issuer", exact=True).fill(login.issuer)
    top(page).get_by_role("button", name="Ask the provider now").click()
    expect(top(page).get_by_text("It can be used here")).to_be_visible()
    top(page).get_by_label("Client id", exact=True).fill("torana")
    top(page).get_by_label("Client secret").fill("secret of torana / 00000000000000+")
    top(page).get_by_label("Scopes").fill("openid\nemail\nprofile\ngroups")
    rows = page.get_by_role("group", name="What groups mean here")
    rows.get_by_role("button", name="Add", exact=True).click()
    top(page).get_by_label("Group", exact=True).fill("readers")
    top(page).get_by_label("Role (optional)", exact=True).first.select_option("viewer")
    top(page).get_by_label("Team (optional)", exact=True).select_option("books")
    assert owner.flaws() == []
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("role Viewer")).to_be_visible()
    expect(drawer.get_by_label("Redirect URL")).to_contain_text("/api/v1/admin/auth/sso/callback")
    owner.is_well(shots, "access-provider")
    begins = drawer.get_by_label("Link that begins a sign-in").inner_text()
    with Visit(browser, owner.origin, owner.width, owner.theme) as guest:
        other = guest.page
        other.goto(begins)
        other.wait_for_url(f"{login.issuer}/**")
        other.locator("[name=login]").fill(f"asha-{owner.width}")
        other.locator("[name=password]").fill("x")
        other.locator("[type=submit]").first.click()
        other.locator("[type=submit]").first.click()  # consent
        expect(other.get_by_role("heading", name="Overview")).to_be_visible()
        expect(other.get_by_text(re.compile("Good to see you"))).to_be_visible()
        guest.go("/sign-in?tenant=" + company.tenant)
        expect(other.get_by_role("button", name=re.compile(name))).to_be_visible()
    drawer.get_by_role("button", name="Change", exact=True).click()
    expect(top(page).get_by_label("Client secret")).to_have_value("")
    top(page).get_by_label("Only addresses of these domains").fill("corp.test")
    page.get_by_role("button", name="Save the changes").click()
    expect(drawer.get_by_text("kept, shown to nobody")).to_be_visible()
    expect(drawer.get_by_text("corp.test")).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    owner.is_well(shots, "access")
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
    drawer.get_by_role("button", name="Remove", exact=True).click()
    confirm(page, name, "Remove")
    expect(page.get_by_text("No identity provider yet")).to_be_visible()


def test_a_scim_token_is_shown_once_used_and_revoked(company: Company, owner: Visit, shots: Path) -> None:
    name = f"Entra {owner.width}"
    page = owner.go("/access?tab=scim")
    page.get_by_role("button", name="New token").first.click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Days until it expires").fill("90")
    page.get_by_role("button", name="Make it").click()
    expect(top(page).get_by_label("Base URL")).to_contain_text("/scim/v2")
    page.get_by_role("button", name="Show").click()
    token = page.get_by_label("SCIM token").inner_text()
    assert company.gateway.ask("GET", SCIM_USERS, token).status == 200
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row").filter(has_text=name).first).to_be_visible()
    owner.is_well(shots, "access-scim")
    page.get_by_role("button", name=f"Revoke {name}").click()
    confirm(page, name, "Revoke")
    expect(page.get_by_text("No SCIM token yet")).to_be_visible()
    assert company.gateway.ask("GET", SCIM_USERS, token).status == 401


def test_tokens_of_others_are_ended_once_their_subject_is_typed(owner: Visit) -> None:
    page = owner.go("/access?tab=ended")
    page.get_by_label("Subject").fill("ananya")
    page.get_by_role("button", name="End them").click()
    assert owner.flaws() == []
    confirm(page, "ananya", "End them")
    expect(page.get_by_text("Tokens of ananya count no more")).to_be_visible()


def test_an_organisation_is_made_suspended_let_in_and_removed(owner: Visit, shots: Path) -> None:
    name = f"Kaveri {owner.width}"
    page = owner.go("/tenants")
    page.get_by_role("button", name="New organisation").click()
    top(page).get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make it").click()
    drawer = page.get_by_role("dialog").first
    drawer.get_by_role("button", name="Suspend").click()
    confirm(page, name, "Suspend")
    expect(drawer.get_by_text("suspended", exact=True)).to_be_visible()
    drawer.get_by_role("button", name="Let in again").click()
    expect(drawer.get_by_text("active", exact=True)).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    owner.is_well(shots, "tenants")
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
    drawer.get_by_role("button", name="Remove", exact=True).click()
    confirm(page, name, "Remove")
    expect(page.get_by_role("main").get_by_role("button", name=name, exact=True)).to_have_count(0)
