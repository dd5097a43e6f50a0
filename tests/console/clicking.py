"""What every page of the console has, and how it is clicked: rows, drawers, confirmations, CSV.

It knows no page. Called by the tests and by the jobs.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def open_row(page: Page, name: str) -> Locator:
    """The drawer of the row of this name."""
    page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()
    drawer = page.get_by_role("dialog").first
    expect(drawer).to_be_visible()
    return drawer


def top(page: Page) -> Locator:
    """The dialog in front of all others."""
    return page.get_by_role("dialog").last


def confirm(page: Page, name: str, action: str) -> None:
    """Type the name of what is about to go, and go on."""
    page.get_by_label(f"Type {name} to confirm").fill(name)
    top(page).get_by_role("button", name=action, exact=True).click()


def closed(page: Page) -> None:
    """Close whatever is in front, until nothing is."""
    while page.get_by_role("dialog").count():
        top(page).get_by_role("button", name="Close").click()


def dismiss_notices(page: Page) -> None:
    """Whatever is told at the moment; each would go by itself, at a moment of its own."""
    found = page.get_by_role("status", name="Notices").get_by_role("button", name="Dismiss")
    found.evaluate_all("all => all.forEach(one => one.click())")
    expect(found).to_have_count(0)


def is_gone(page: Page, name: str) -> None:
    """No row has this name any more, and no drawer is open."""
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("button", name=name, exact=True)).to_have_count(0)


def takes_away(page: Page, name: str, action: str) -> None:
    """Take what is open in the drawer away again, by its name."""
    page.get_by_role("dialog").first.get_by_role("button", name=action).click()
    confirm(page, name, action)
    is_gone(page, name)


def writes_a_policy(page: Page, name: str) -> None:
    """One that says something of the cache, saved on trial; what comes of that is the caller's to see."""
    page.get_by_role("button", name="Write a policy").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill(name)
    drawer.get_by_text("Fields", exact=True).click()
    drawer.get_by_role("button", name="Put in cache", exact=True).click()
    drawer.get_by_role("button", name="Save on trial").click()


def csv_of(page: Page) -> list[str]:
    """The lines of the CSV of what is shown."""
    button = page.get_by_role("main").get_by_role("button", name="CSV", exact=True).last
    with page.expect_download() as taken:
        button.click()
        if button.get_attribute("aria-haspopup") == "menu":
            page.get_by_role("menuitem", name="What is shown").click()
    return Path(taken.value.path()).read_text(encoding="utf-8").splitlines()


def reads_rows(page: Page, search: str, name: str) -> None:
    """What a reader does with a list: finds a row by its name, opens it, and takes the list home."""
    page.get_by_role("main").get_by_label(search, exact=True).fill(name)
    drawer = open_row(page, name)
    expect(drawer.get_by_role("heading", name=name).first).to_be_visible()
    # What is told lies in the drawer too, and is no sign of loading.
    expect(drawer.locator("[role=status]:not([aria-label=Notices])")).to_have_count(0)
    expect(drawer.get_by_role("alert")).to_have_count(0)
    closed(page)
    lines = csv_of(page)
    assert len(lines) >= 2 and any(name in line for line in lines[1:]), lines[:3]
