"""Signing in with a browser: the first run, a wrong password, the cookie after a reload, invitations, what a role sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.console.company import OWNER, PASSWORD, Company
from tests.console.conftest import console_configuration
from tests.console.visit import Visit
from tests.control.standing import Standing
from tests.e2e.stage import Stage

LOGIN = "/api/v1/admin/auth/login"


@pytest.fixture
def untouched(built: ModuleType, stage: Stage, tmp_path: Path) -> Iterator[Standing]:
    """A gateway where nobody has an account."""
    found = Standing(tmp_path / "gateway", "", console_configuration(tmp_path, stage.origin))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def test_whoever_comes_first_sets_the_gateway_up_and_stays_signed_in(
    untouched: Standing, browser: Browser, shots: Path
) -> None:
    for width, theme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        with Visit(browser, untouched.origin, width, theme) as visit:
            page = visit.go("/")
            expect(page.get_by_label("Your organisation")).to_be_visible()
            visit.is_well(shots, "set-up")
            assert visit.complaints == []
    with Visit(browser, untouched.origin, 1440, "light") as visit:
        page = visit.go("/keys")
        page.get_by_label("Your organisation").fill("Acme Books")
        page.get_by_label("Email").fill(OWNER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create the account").click()
        expect(page.get_by_role("heading", name="API keys")).to_be_visible()
        page.reload()
        expect(page.get_by_text("No keys yet")).to_be_visible()
        page.get_by_role("button", name="Your account").click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
        assert visit.complaints == []


def held(page: Page, pattern: str) -> list[Route]:
    """The requests of the page that match, from now on, which wait until the test lets them go."""
    found: list[Route] = []
    # Playwright puts a mark on what it is given, which a built-in does not take.
    page.route(pattern, lambda route: found.append(route))  # noqa: PLW0108
    return found


def test_what_a_page_still_asks_as_one_signs_out_is_let_go(company: Company, desk: Visit) -> None:
    desk.sign_in(OWNER)
    page = desk.go("/keys")
    reads, leaving = held(page, "**/api/v1/admin/teams*"), held(page, "**/auth/logout")
    page.get_by_role("navigation").get_by_role("link", name="Teams").first.click()
    page.wait_for_function("() => location.pathname === '/teams'")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    while not leaving:
        page.wait_for_timeout(20)
    assert reads
    for route in reads:
        route.fulfill(status=401, json={"error_code": "UNAUTHENTICATED", "message": "Nobody is signed in."})
    page.evaluate("() => new Promise(done => setTimeout(done, 200))")  # what the browser says of it comes before
    leaving.pop().continue_()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert desk.complaints == []


def test_a_wrong_password_is_told_and_the_right_one_leads_to_where_one_was_going(company: Company, desk: Visit) -> None:
    desk.expected.add(LOGIN)
    page = desk.go("/teams?tab=departments")
    page.get_by_label("Email").fill("viewer@books.test")
    page.get_by_label("Password").fill("not this one, surely")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("match no account")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("tab", name="Departments", selected=True)).to_be_visible()


def test_an_invitation_is_made_and_accepted(company: Company, owner: Visit, browser: Browser, shots: Path) -> None:
    email = f"ivy-{owner.width}@books.test"
    page = owner.go("/users")
    page.get_by_role("button", name="Invite somebody").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Email").fill(email)
    asked.get_by_label("Role").select_option("auditor")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Auditor", exact=True)).to_be_visible()
    page.get_by_role("button", name="Show").click()
    link = page.get_by_label("The link", exact=True).inner_text()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("tab", name="Invitations").click()
    expect(page.get_by_role("row").filter(has_text=email).get_by_text("Auditor", exact=True)).to_be_visible()
    with Visit(browser, owner.origin, owner.width, owner.theme) as guest:
        other = guest.go(link.removeprefix(owner.origin))
        other.get_by_label("Your name").fill("Ivy")
        other.get_by_label("New password").fill(PASSWORD)
        guest.is_well(shots, "invitation")
        other.get_by_role("button", name="Accept the invitation").click()
        expect(other.get_by_role("heading", name="Overview")).to_be_visible()
        expect(other.get_by_text("Good to see you, Ivy.")).to_be_visible()
        expect(guest.go("/audit").get_by_role("tab", name="Trail")).to_be_visible()
        assert guest.complaints == []
