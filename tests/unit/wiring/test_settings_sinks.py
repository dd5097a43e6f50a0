"""Rows of ``audit.sinks``: what is refused, and what a row comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError
from torana.wiring.settings_sinks import is_private


def rows(folder: Path, *texts: str, more: str = "") -> Path:
    return written(folder, f"audit:\n  sinks:\n{''.join(f'    - {text}{chr(10)}' for text in texts)}{more}")


def problems(path: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        read(path)
    return "\n".join(str(one) for one in refused.value.problems)


def test_a_row_has_the_settings_of_its_kind_beside_its_own(tmp_path: Path) -> None:
    text = "{kind: splunk_hec, id: india, url: 'https://s.example', token: t, index: ai, events: [request, security], tenants: [acme]}"
    (row,) = read(rows(tmp_path, text)).settings.audit.sinks
    assert (row.name, row.events, row.tenants, row.batch) == ("india", ("request", "security"), ("acme",), 500)
    assert (row.settings.index, row.settings.token.reveal()) == ("ai", "t")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{kind: webhok, url: 'https://s.example'}", 'did you mean "webhook"?'),
        ("{kind: webhook, url: 'https://s.example', pet: cat}", 'unknown key "pet"'),
        ("{kind: webhook, url: 'ftp://s.example'}", "not an absolute http or https URL"),
        ("{kind: webhook, url: 'https://s.example', secret: short}", "too short"),
        ("{kind: webhook, url: 'https://s.example', events: [sport]}", "is not allowed here"),
        ("{kind: webhook, url: 'https://s.example', events: []}", "at least one is needed"),
        ("{kind: webhook, url: 'https://s.example', network: tunnel}", 'network "tunnel" does not exist'),
        ("{kind: webhook, url: 'https://s.example', id: 'a/b'}", "does not match"),
        ("{kind: webhook, url: 'http://10.1.2.3/x'}", "its host is not public (allow_private: true, if that is meant)"),
        ("{kind: splunk_hec, url: 'https://s.example'}", '"token" is missing'),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(tmp_path: Path, text: str, said: str) -> None:
    assert said in problems(rows(tmp_path, text))


def test_a_secret_in_a_wrong_row_is_not_shown(tmp_path: Path) -> None:
    assert "hush" not in problems(rows(tmp_path, "{kind: webhook, url: 'hush://token@s.example', secret: hush}"))


def test_two_rows_of_a_kind_need_names(tmp_path: Path) -> None:
    row = "{kind: webhook, url: 'https://s.example'}"
    assert 'the sink "webhook" is there twice (give each an id of its own)' in problems(rows(tmp_path, row, row))
    named = rows(tmp_path, row, row.replace("kind", "id: second, kind"))
    assert [one.name for one in read(named).settings.audit.sinks] == ["webhook", "second"]


@pytest.mark.parametrize("field", ["url", "token", "secret"])
def test_a_row_with_an_empty_reference_is_left_out_with_a_warning(tmp_path: Path, field: str) -> None:
    text = "{kind: webhook, url: 'https://s.example', token: 't', secret: 'a secret of twenty-four bytes'}"
    for name, value in (
        ("url", "'https://s.example'"),
        ("token", "'t'"),
        ("secret", "'a secret of twenty-four bytes'"),
    ):
        if name == field:
            text = text.replace(value, "'${NOT_SET:-}'")
    loaded = read(rows(tmp_path, text))
    assert loaded.settings.audit.sinks == ()
    assert f"the sink is left out: its {field} is empty" in str(loaded.warnings[0])


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True), ("10.0.0.8", True), ("169.254.169.254", True), ("::1", True), ("fe80::1%eth0", True),
        ("localhost", True), ("siem.localhost", True), ("8.8.8.8", False), ("siem.example.com", False), ("", False),
    ],
)  # fmt: skip
def test_hosts_are_judged_as_they_are_written(host: str, private: bool) -> None:
    assert is_private(host) is private
