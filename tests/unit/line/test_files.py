"""What the file room makes of files in requests: by the policy about files, and by the guardrails that look at texts."""

from __future__ import annotations

import base64
import json
import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest

from tests import made_files as made
from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.core.file_terms import FileTerms
from torana.core.policies import Terms
from torana.core.snapshot import KeyEntry, ModelEntry
from torana.core.tickets import Caller, Grant, Rule
from torana.core.trail import Trail
from torana.files import opening
from torana.files.told import extract_of, told
from torana.guardrails import pii
from torana.line import files as room
from torana.line.files import FileRoom, rules_for_files
from torana.line.guard import Guard, Guards, Means
from torana.ports.files import LIMITS, Busy, Edit, Extract, How

MAIL = "ann@example.org"
TABLE = f"name,mail\nAnn,{MAIL}\n".encode()
RULES = (Rule("pii", "redact"),)
CALLER = Caller("acme", "k", KeyEntry("k", "k", "sk", "acme"))


class InProcess:
    """Reads files here, without OCR, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.busy = False

    async def read(self, content: bytes, how: How) -> Extract:
        self.count += 1
        if self.busy:
            raise Busy
        return opening.read(content, how, None)

    async def redacted(self, content: bytes, how: How, extract: Extract, edits: Sequence[Edit]) -> bytes:
        return opening.redacted(content, how, None, extract.memo, edits)


class Judged:
    """What came of a request."""

    def __init__(self, terms: FileTerms | None = None, rules: tuple[Rule, ...] = RULES) -> None:
        self.reader = InProcess()
        self.trail = Trail("r", "t", 0.0, 0.0)
        files = FileRoom(self.reader, LIMITS)
        self.guards = Guards({"pii": Guard("pii", pii.open(pii.Settings()))}, Means(b"k" * 32, files=files))
        self.grant = Grant(CALLER, ModelEntry("m", ()), "p", rules, Terms(guardrails=rules, files=terms))

    async def of(self, *parts: Any, ask: Ask | None = None, body: bytes = b"") -> bytes:
        """The body that would go on."""
        body = body or json.dumps({"model": "m", "messages": [{"role": "user", "content": list(parts)}]}).encode()
        call = Call("openai_chat", "chat", body, (), lambda _: ask or Ask("m"), self.trail)
        return (await self.guards.inbound(self.grant, call)).body


def file(content: bytes, name: str = "a.csv") -> Any:
    coded = base64.b64encode(content).decode()
    return {"type": "file", "file": {"filename": name, "file_data": f"data:text/csv;base64,{coded}"}}


def part_of(body: bytes, number: int = 0) -> Any:
    return json.loads(body)["messages"][0]["content"][number]


def opened(part: Any) -> bytes:
    return base64.b64decode(part["file"]["file_data"].partition(",")[2])


async def refused(judged: Judged, *parts: Any, **how: Any) -> GatewayError:
    with pytest.raises(GatewayError) as found:
        await judged.of(*parts, **how)
    return found.value


async def test_a_file_goes_on_as_a_copy_without_what_was_found() -> None:
    judged = Judged()
    assert opened(part_of(await judged.of(file(TABLE)))) == b"name,mail\nAnn,[EMAIL]\n"
    (found,) = judged.trail.findings
    assert (found.kind, found.path) == ("email", "messages[0].content[0].file.file_data cell B2")
    assert (found.start, found.end) == (0, len(MAIL))
    assert (
        any(one.endswith(":redact:files") for one in judged.trail.verdicts) and "files:redact" in judged.trail.verdicts
    )


async def test_a_token_for_a_value_is_that_of_the_conversation() -> None:
    from torana.line.vault import MemoryVault
    from torana.testing.clock import FakeClock

    judged = Judged(rules=(Rule("pii", "tokenise"),))
    judged.guards = Guards(
        {"pii": Guard("pii", pii.open(pii.Settings()))},
        Means(b"k" * 32, MemoryVault(FakeClock()), files=FileRoom(judged.reader, LIMITS)),
    )
    body = await judged.of({"type": "text", "text": f"Is {MAIL} in it?"}, file(TABLE))
    token = part_of(body)["text"].split()[1]
    assert token.startswith("<EMAIL_") and token.encode() in opened(part_of(body, 1))


async def test_a_file_is_refused_where_a_guardrail_or_the_policy_about_files_blocks() -> None:
    for judged in (Judged(rules=(Rule("pii", "block"),)), Judged(FileTerms(mode="block"))):
        error = await refused(judged, file(TABLE))
        assert (error.code, error.details) == ("GUARDRAIL_BLOCKED", {"guardrail": "pii", "kinds": ["email"]})


async def test_under_flag_a_file_passes_and_what_was_found_is_written_down() -> None:
    judged = Judged(FileTerms(mode="flag"), (Rule("pii", "block"),))
    assert opened(part_of(await judged.of(file(TABLE)))) == TABLE
    assert [(one.kind, one.does) for one in judged.trail.findings] == [("email", "flag")]


async def test_under_replace_every_file_becomes_its_text() -> None:
    judged = Judged(FileTerms(mode="replace"))
    part = part_of(await judged.of(file(TABLE)))
    assert part == {"type": "text", "text": "[Text of the file a.csv (csv)]\nname\nmail\nname: Ann\nmail: [EMAIL]"}


def test_the_rules_of_guardrails_are_as_strict_in_files_as_the_mode_of_files_wants() -> None:
    rules = (Rule("a", "redact"), Rule("b", "block"), Rule("c", "flag"), Rule("d", "shadow"))
    assert [one.mode for one in rules_for_files(rules, "flag")] == ["flag", "flag", "flag", "shadow"]
    assert [one.mode for one in rules_for_files(rules, "block")] == ["block", "block", "flag", "shadow"]
    assert rules_for_files(rules, "redact") == rules_for_files(rules, "replace") == rules


async def test_without_guardrails_and_without_a_word_about_files_nobody_opens_one() -> None:
    judged = Judged(rules=())
    assert opened(part_of(await judged.of(file(b"\0broken")))) == b"\0broken" and judged.reader.count == 0


async def test_a_type_that_the_policy_does_not_name_is_refused() -> None:
    assert (await refused(Judged(FileTerms(types=frozenset({"pdf"}))), file(b"a,b\n1,2\n"))).details["kinds"] == [
        "type_csv"
    ]
    judged = Judged(FileTerms(types=frozenset({"text"})))
    assert await judged.of(file(b"a,b\n1,2\n"))


async def test_a_broken_file_is_a_clear_refusal_that_names_its_place() -> None:
    error = await refused(Judged(), file(b"%PDF-1.4 half"))
    assert (error.code, error.status, error.param) == ("REQUEST_INVALID", 400, "messages[0].content[0].file.file_data")
    assert error.details["reason"] == "truncated"
    error = await refused(Judged(), {"type": "file", "file": {"file_data": "!"}})
    assert error.details["reason"] == "not_base64"


async def test_too_many_files_at_once_are_told_to_come_again() -> None:
    judged = Judged()
    judged.reader.busy = True
    error = await refused(judged, file(TABLE))
    assert (error.code, error.retry_after_s) == ("OVERLOADED", 2)


async def test_a_request_with_too_many_files_is_refused() -> None:
    error = await refused(Judged(), *[file(b"a")] * (room.MOST_FILES + 1))
    assert error.details == {"reason": "too_many_files"}


async def test_what_nobody_can_read_passes_unless_a_policy_speaks_of_files() -> None:
    judged = Judged()
    await judged.of(file(b"{\\rtf1}"))
    assert "files:not_evaluated" in judged.trail.verdicts
    assert (await refused(Judged(FileTerms(mode="redact")), file(b"{\\rtf1}"))).details["kinds"] == ["not_evaluated"]
    assert await Judged(FileTerms(on_error="open")).of(file(b"{\\rtf1}"))
    assert await Judged(FileTerms(types=frozenset({"rtf"}))).of(file(b"{\\rtf1}")), "the policy names it"


async def test_pictures_without_ocr_pass_where_ocr_is_off_and_never_where_it_is_required() -> None:
    picture = file(made.as_file(made.a_page(["hello"], width=300)))
    assert await Judged(FileTerms(ocr="off")).of(picture)
    assert (await refused(Judged(FileTerms(ocr="auto")), picture)).details["kinds"] == ["not_evaluated"]
    error = await refused(Judged(FileTerms(ocr="required", on_error="open")), picture)
    assert error.details["kinds"] == ["not_evaluated"]


async def test_macros_are_flagged_and_refused_where_the_policy_says_so() -> None:
    document = file(made.with_part(made.a_docx(["a", "b"]), "word/vbaProject.bin", b"x"))
    judged = Judged(FileTerms(on_error="open"))
    await judged.of(document)
    assert [(one.kind, one.does) for one in judged.trail.findings] == [("macro", "flag")]
    assert (await refused(Judged(FileTerms(active="block")), document)).details["kinds"] == ["macro"]


async def test_a_file_that_lies_elsewhere_passes_or_is_refused_by_policy() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    assert await Judged().of(part)
    assert await Judged(FileTerms(mode="flag", remote="allow")).of(part)
    assert (await refused(Judged(FileTerms(mode="flag")), part)).details["kinds"] == ["remote_address"]


async def test_a_file_that_was_read_lately_is_not_read_again_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = Judged()
    await judged.of(file(TABLE))
    await judged.of(file(TABLE))
    assert judged.reader.count == 1
    monkeypatch.setattr(room, "MOST_REMEMBERED_BYTES", 10)
    await judged.of(file(b"another"))
    await judged.of(file(TABLE))
    assert judged.reader.count == 3


async def test_what_cannot_be_changed_in_its_place_is_refused() -> None:
    error = await refused(Judged(), file(b'{"mail": "ann\\u0040example.org"}'))
    assert error.details == {"guardrail": "files", "kinds": ["no_copy"]}


async def test_a_file_in_a_form_is_judged_and_changed_where_it_stands() -> None:
    body = b"--x\r\n" + TABLE + b"\r\n--x--"
    ask = Ask("m", texts=(), files=((5, 5 + len(TABLE), "a.csv"),))
    judged = Judged()
    assert await judged.of(ask=ask, body=body) == b"--x\r\nname,mail\nAnn,[EMAIL]\n\r\n--x--"
    assert judged.trail.findings[0].path == "a.csv cell B2"


def test_what_a_remembered_file_takes_is_not_estimated_too_low() -> None:
    said = [
        [f"धनराशि {number}", f"sheet Pay cell B{number}", "sheet Pay", "Name", "text", False] for number in range(2000)
    ]
    head = json.dumps({"extract": {"type": "xlsx", "pieces": said}}).encode()
    tracemalloc.start()
    try:
        extract = extract_of(told(head), b"")
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken <= room._size(extract) <= 3 * taken
