"""Guardrails, policies, approvals, settings and system in a real browser: each page's job done by clicking."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import expect

from tests.console.company import Company
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from tests.e2e.process import REPO
from torana.wiring.settings_policies import Policy

pytestmark = pytest.mark.long  # every page at every size and theme; the quick suite has test_first_pages

WORDS = REPO / "console" / "src" / "features" / "policies" / "strings.ts"
MAIL = "Write to ann.smith@example.org 😀 or bob@example.org today."


def test_the_editor_knows_every_field_of_a_policy() -> None:
    block = re.search(r"fieldHelp: \{(.*?)\n  \}", WORDS.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    told = set(re.findall(r"^    (\w+):", block[1], re.MULTILINE))
    assert told == {one.name for one in msgspec.structs.fields(Policy)} - {"name"}


def test_a_text_and_a_file_are_tried_and_what_was_found_is_marked(owner: Visit, shots: Path) -> None:
    page = owner.go("/guardrails")
    page.get_by_label("Find a kind").fill("personal data")
    page.get_by_role("button", name="PII", exact=True).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("threshold", exact=True).first).to_be_visible()
    drawer.get_by_role("button", name="Close").click()
    page.get_by_label("Find a kind").fill("")
    owner.is_well(shots, "guardrails")
    page.get_by_role("tab", name="Compliance packs").click()
    expect(page.get_by_role("button", name="GDPR")).to_be_visible()
    page.get_by_role("tab", name="Try a text").click()
    page.get_by_label("Text", exact=True).fill(MAIL)
    page.get_by_text("An answer", exact=True).click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Blocked", exact=True)).to_be_visible()
    expect(page.locator("mark").first).to_contain_text("ann.smith@example.org")
    expect(page.locator("mark").nth(1)).to_contain_text("bob@example.org")
    owner.is_well(shots, "guardrails-bench")
    page.get_by_role("tab", name="Try a file").click()
    content = f"Minutes\n{MAIL}\n".encode()
    page.get_by_label("Choose a file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": content})
    page.get_by_role("button", name="Look into it").click()
    expect(page.get_by_text("Characters", exact=True)).to_be_visible()
    owner.is_well(shots, "guardrails-file")
    page.get_by_role("tab", name="Findings").click()
    expect(
        page.get_by_text("Nothing was found in this time").or_(page.get_by_text("Latest findings")).first
    ).to_be_visible()


def test_a_policy_is_written_tried_compared_and_withdrawn(owner: Visit, shots: Path) -> None:
    name = f"on-trial-{owner.width}"
    page = owner.go("/policies")
    page.get_by_role("button", name="Write a policy").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill(name)
    drawer.get_by_text("Fields", exact=True).click()
    drawer.get_by_role("button", name="Put in models", exact=True).click()
    drawer.get_by_role("button", name="Put in cache", exact=True).click()
    drawer.get_by_role("button", name="Save on trial").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(drawer.get_by_text("Version 1")).to_be_visible()
    drawer.get_by_text("Fields", exact=True).click()
    drawer.get_by_role("button", name="Put in fallbacks", exact=True).click()
    owner.is_well(shots, "policy")
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(drawer.get_by_text("Version 2")).to_be_visible()
    drawer.get_by_role("tab", name="Versions").click()
    expect(drawer.get_by_role("region", name="Version 2 beside version 1")).to_contain_text("fallbacks")
    owner.is_well(shots, "policy-versions")
    drawer.get_by_role("tab", name="Dry-run").click()
    drawer.get_by_role("button", name="Run", exact=True).click()
    expect(drawer.get_by_text("Looked at").or_(drawer.get_by_text("There are no past requests")).first).to_be_visible()
    drawer.get_by_role("button", name="Withdraw").click()
    page.get_by_label(f"Type {name} to confirm").fill(name)
    page.get_by_role("dialog").last.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("main").get_by_text(name)).to_have_count(0)
    owner.is_well(shots, "policies")


def test_settings_of_the_organisation_and_the_own_sessions(owner: Visit, shots: Path) -> None:
    page = owner.go("/settings")
    page.get_by_label("How many hours an approval is waited for").fill("48")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    owner.is_well(shots, "settings")
    page.get_by_role("tab", name="Your account").click()
    expect(page.get_by_text("this one")).to_be_visible()
    owner.is_well(shots, "account")
    owner.go("/approvals")
    expect(page.get_by_text("Nothing waits").or_(page.get_by_role("table")).first).to_be_visible()
    owner.is_well(shots, "approvals")


def test_whoever_runs_the_installation_sees_how_it_is(owner: Visit, shots: Path) -> None:
    page = owner.go("/system")
    expect(page.get_by_text("Requests in flight")).to_be_visible()
    owner.is_well(shots, "system")
    page.get_by_role("tab", name="Features").click()
    page.get_by_label("Find a feature").fill("hot reload")
    expect(page.get_by_text("Hot reload")).to_be_visible()
    page.get_by_role("tab", name="Configuration").click()
    page.get_by_label("Section").select_option("models")
    page.get_by_role("button", name="Read the file again").click()
    page.get_by_role("dialog").get_by_role("button", name="Read the file again").click()
    expect(page.get_by_text(re.compile("Taken: Snapshot"))).to_be_visible()


def test_what_is_kept_is_taken_away_changed_and_brought_back(company: Company, owner: Visit, shots: Path) -> None:
    name = f"from-a-file-{owner.width}"
    page = owner.go("/settings?tab=files")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as YAML").click()
    assert taken.value.suggested_filename == "torana-stored.yaml"
    text = f"limits:\n  - id: {name}\n    requests: 90000\n    per: 1m\n    scope: key\n"
    page.get_by_label("Choose a file").set_input_files(
        {"name": "more.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    )
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("row").filter(has_text=name).get_by_text("written")).to_be_visible()
    owner.is_well(shots, "settings-file")
    page.get_by_role("button", name="Write it").click()
    page.get_by_label("Type 1 to confirm").fill("1")
    page.get_by_role("dialog").get_by_role("button", name="Write it").click()
    expect(page.get_by_text("1 row is written")).to_be_visible()
    expect(owner.go("/budgets?tab=limits").get_by_role("main").get_by_text(name).first).to_be_visible()
    assert company.gateway.ask("DELETE", f"{ADMIN}/limits/{name}", company.token).status < 300


def test_tokens_are_looked_up_only_with_a_reason_and_where_they_were_made(owner: Visit, shots: Path) -> None:
    owner.expected.add("/guardrails/reveal")
    page = owner.go("/guardrails?tab=reveal")
    page.get_by_label("Tokens", exact=True).fill("<EMAIL_0123abcd>")
    page.get_by_label("A conversation").fill("nobody-spoke-here")
    page.get_by_label("Why", exact=True).fill("a complaint")
    page.get_by_role("button", name="Look up", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_be_visible()
    owner.is_well(shots, "look-up")
