from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import get_args

import pytest

from tests.receipts import a_receipt
from torana.core.tickets import Found
from torana.guardrails.pii import structured
from torana.records.log import AccessLog
from torana.records.sanitising import Sanitiser
from torana.sinks import jsonl
from torana.wiring.masking import mask_of
from torana.wiring.settings_server import Audit, MaskedKind

KEY = b"k" * 32
MASK = mask_of(Audit(), KEY)
PLANTED = {
    "email": "asha.rao@" + "mail-host.in",
    "credit_card": "4111 1111 " + "1111 1111",
    "ssn": "536-22-" + "8145",
    "aadhaar": "2345 6789 " + "0124",
    "ip6": "2606:4700:4700::" + "1111",
    "iban": "DE89 3704 0044 0532 " + "0130 00",
    "github": "ghp_" + "n2VbQ7xLd0KfT3aYwRz9HsJ4mUeC6pGi1oXk",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0b3JhbmEifQ." + "c2lnbmF0dXJlLW9mLW5vdGhpbmc",
    "url": "hunter2" + "x9Q",
}
SENTENCE = (
    "provider said: {email} paid with {credit_card}, SSN {ssn}, aadhaar {aadhaar}, from {ip6}, IBAN {iban}, key {github}, "
    "token {jwt} at https://app:{url}@api.mail-host.in/v1?x=1"
).format(**PLANTED)
SCRIPT = """
import logging, sys
from torana.records.log import configure_logging
from torana.testing.clock import FakeClock
from torana.wiring.masking import mask_of
from torana.wiring.settings_server import Audit

said = sys.argv[1]
log = configure_logging("debug", sys.stdout.buffer, FakeClock(), mask_of(Audit(), b"k" * 32))
log.warning(said)
log.error("fetch.failed", error=said, url=said, user=said)
log.info("deep", facts={"a": [{"b": (said, {said: 1})}], "c": OSError(said)}, problems=(said,))
log.bind(request_id=said).info("bound")
try:
    raise RuntimeError(said)
except RuntimeError:
    log.exception("it.broke")
    logging.getLogger("library").exception("failed: %s", said, extra={"request_id": said})
"""


def leaked(text: str) -> list[str]:
    return [kind for kind, value in PLANTED.items() if value in text]


def test_no_planted_value_reaches_a_log_line_wherever_it_was_put() -> None:
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), SENTENCE]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert leaked(done.stdout) == []
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines[1:5]] == ["fetch.failed", "deep", "bound", "it.broke"]
    assert "<email:" in lines[1]["error"]


def test_no_planted_value_reaches_the_audit_file_or_the_access_log(tmp_path: Path) -> None:
    clean = Sanitiser(MASK)
    found = Found("pii@1", "email", "input", f"tools[0].{PLANTED['email']}", 0, 4, "d", "block")
    receipts = [
        clean.receipt(
            a_receipt(number, model=value, finish=value, error_code=value, request_id=value, findings=[found])
        )
        for number, value in enumerate([*PLANTED.values(), SENTENCE])
        if value != PLANTED["url"]
    ]
    sink = jsonl.open(jsonl.Settings(path=str(tmp_path / "audit.jsonl")))
    sink.write(receipts, len(receipts))
    sink.close()
    stream = io.BytesIO()
    AccessLog("debug", stream).write(receipts)
    numbers = ("aadhaar",)  # nothing says of a bare run of digits what it is
    assert set(leaked((tmp_path / "audit.jsonl").read_text("utf-8"))) <= set(numbers)
    assert set(leaked(stream.getvalue().decode())) <= set(numbers)


def test_an_ipv6_address_goes_as_a_whole_and_those_of_this_network_stay() -> None:
    assert MASK.text(f"from {PLANTED['ip6']} to 10.1.2.3").startswith("from <ip:")
    assert MASK.text("cannot reach 10.1.2.3:5432 or [fd00::12]:80") == "cannot reach 10.1.2.3:5432 or [fd00::12]:80"


def test_equal_values_have_equal_hashes_under_one_key_and_others_under_another() -> None:
    other = mask_of(Audit(), b"j" * 32)
    assert MASK.text(PLANTED["email"]) == MASK.text(PLANTED["email"])
    assert MASK.text(PLANTED["email"]) != other.text(PLANTED["email"])


def test_kinds_are_switched_by_the_settings_and_secrets_are_not() -> None:
    only = mask_of(Audit(mask_kinds=("email",)), KEY).text(SENTENCE)
    assert "<email:" in only
    assert PLANTED["ssn"] in only
    none = mask_of(Audit(mask_kinds=()), KEY).text(SENTENCE)
    assert PLANTED["email"] in none
    assert leaked(none)[-1] not in {"github", "jwt", "url"}


def test_a_name_of_a_field_tells_what_a_bare_value_is() -> None:
    assert "tr0ub4dor" not in str(MASK.value({"db_password": "tr0ub4dor&3"}))
    assert "98765" not in str(MASK.value({"phone": "98765 01234"}))


def test_every_kind_with_a_shape_can_be_masked() -> None:
    assert set(get_args(MaskedKind)) == structured.KINDS


@pytest.mark.parametrize(
    "text",
    [
        "snapshot.published", "counters.store_is_away", "req_01k2v8m3z9q4w5x6y7a8b9c0d1", "gpt-4o-2024-08-06",
        "anthropic.claude-3-5-sonnet-20241022-v2:0", "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)",
        "torana.yaml:12:3: models[0].provider: there is no provider named openia; did you mean openai?",
        "/var/lib/torana/spool/00000000000000000042.seg", "2026-03-01T12:30:15.123Z", "budget tenant/acme/2026-03 at 80 %",
        "messages[12].content[0].text", "https://api.example.com/v1/chat/completions", "9f86d081884c7d65",
    ],
)  # fmt: skip
def test_what_operators_read_logs_for_stays(text: str) -> None:
    assert MASK.text(text) == text
    assert MASK.value({"name": text, "error": text}) == {"name": text, "error": text}
