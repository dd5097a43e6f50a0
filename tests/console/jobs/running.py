"""The main jobs of models, routing, the cache, the system, and of settings."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.console.clicking import closed, confirm, csv_of, reads_rows, takes_away, top
from tests.console.jobs.person import PEOPLE, Person
from tests.control.standing import ADMIN
from torana.control.permissions import OPERATOR


def makes_and_takes_back_a_model(person: Person) -> None:
    """Whoever runs the installation by its providers, an organisation by its own."""
    if person.role == OPERATOR:
        makes_a_model_by(person, "fake")
        return
    page = person.visit.page
    page.get_by_role("button", name="New model").click()
    expect(top(page).get_by_text("Make one first")).to_be_visible()
    own = f"own-{person.mark}"
    place, token = f"{ADMIN}/providers/{own}", person.company.token_of(PEOPLE[person.who])
    document = {"kind": "openai", "credentials": [{"api_key": "sk-never-used-4711"}]}
    said = person.company.gateway.ask("PUT", place, token, {"document": document})
    assert said.status < 300, said.body
    person.visit.go("/models")
    makes_a_model_by(person, own)
    assert person.company.gateway.ask("DELETE", place, token).status < 300


def makes_a_model_by(person: Person, provider: str) -> None:
    name = f"model-of-{person.mark}"
    page = person.visit.page
    page.get_by_role("button", name="New model").click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Provider", exact=True).select_option(provider)
    top(page).get_by_label("Its name there").fill("upstream-9")
    page.get_by_role("button", name="Make it").click()
    takes_away(page, name, "Take back")


def reads_models(person: Person) -> None:
    reads_rows(person.visit.page, "Name or provider", "fast-one")


def makes_and_takes_back_a_provider(person: Person) -> None:
    name = f"provider-of-{person.mark}"
    page = person.visit.page
    page.get_by_role("button", name="New provider").click()
    top(page).get_by_label("Name", exact=True).fill(name)
    top(page).get_by_label("Kind").select_option("openai")
    top(page).get_by_label("The secret").fill("sk-never-used-4711")
    page.get_by_role("button", name="Make it").click()
    takes_away(page, name, "Take back")


def reads_providers_and_has_a_way_explained(person: Person) -> None:
    page = person.visit.page
    page.get_by_role("tab", name="Providers").click()
    reads_rows(page, "Provider or model", "fake")
    page.get_by_role("tab", name="Explain").click()
    page.get_by_label("Model").select_option("slow-one")
    page.get_by_role("main").get_by_role("button", name="Explain").click()
    expect(page.get_by_text("It would be tried in this order")).to_be_visible()


def clears_the_cache(person: Person) -> None:
    page = person.visit.page
    page.get_by_role("button", name="Clear the cache").click()
    confirm(page, "everything", "Clear the cache")
    expect(page.get_by_text("answers are forgotten").first).to_be_visible()
    reads_the_cache(person)


def reads_the_cache(person: Person) -> None:
    page = person.visit.page
    expect(page.get_by_text("Hit rate")).to_be_visible()
    page.get_by_label("Time", exact=True).select_option("30")
    expect(page).to_have_url(re.compile("days="))
    assert any("fast-one" in line for line in csv_of(page))


def reads_the_file_again(person: Person) -> None:
    page = person.visit.go("/system?tab=config")
    page.get_by_role("button", name="Read the file again").click()
    top(page).get_by_role("button", name="Read the file again").click()
    expect(page.get_by_text(re.compile("Taken: Snapshot"))).to_be_visible()
    closed(page)


def changes_the_settings(person: Person) -> None:
    page = person.visit.page
    hours = page.get_by_label("How many hours an approval is waited for")
    hours.fill("24" if hours.input_value() == "48" else "48")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    reads_their_account(person)


def reads_the_settings(person: Person) -> None:
    page = person.visit.page
    expect(page.get_by_text("Administrators of your organisation change them.")).to_be_visible()
    expect(page.get_by_label("How many hours an approval is waited for")).to_be_disabled()
    reads_their_account(person)


def reads_their_account(person: Person) -> None:
    page = person.visit.page
    page.get_by_role("tab", name="Your account").click()
    expect(page.get_by_text("this one").first).to_be_visible()
    assert len(csv_of(page)) >= 2
