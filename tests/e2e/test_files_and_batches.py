"""Files and batches with the unmodified SDK: each tenant sees its own, batches are held for and settled, also after a restart."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openai
import pytest

from tests import made_files
from tests.e2e.gateway import CALLER_KEY, NARROW_KEY, Gateway, configuration, model, provider
from tests.e2e.keeper import Keeper
from tests.e2e.process import until
from tests.e2e.road import straight
from torana.files import opening
from torana.ports.files import How

pytestmark = straight
OTHER_KEY = "sk-torana-e2e-globex-7Yt3Wm2Pa"
KEYS = ("sk-upstream-one-11aa", "sk-upstream-two-22bb")
PRICES = {"input": "1", "output": "10"}
"""Per million tokens."""


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    found = Keeper(KEYS)
    yield found
    found.close()


def settings(keeper: Keeper, **more: object) -> dict[str, object]:
    pool = [{"api_key": key} for key in KEYS]
    made = configuration(
        [provider("keeper", keeper.origin, credentials=pool, operations=["chat", "files"])],
        [
            model("small", "keeper", "up-small", prices=PRICES),
            model("other", "keeper", "up-other", prices=PRICES),
        ],
    )
    made["keys"] += [{"name": "globex", "key": OTHER_KEY, "tenant": "globex", "models": ["*"]}]  # type: ignore[operator]
    made["tenants"] += [{"id": "globex"}]  # type: ignore[operator]
    return {**made, **more}


@pytest.fixture
def gateway(keeper: Keeper, tmp_path: Path) -> Iterator[Gateway]:
    found = Gateway(tmp_path / "gateway", settings(keeper))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def sdk(gateway: Gateway, key: str = CALLER_KEY, base: str = "/v1") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.origin}{base}", api_key=key, max_retries=0, timeout=20)


def lines(number: int = 3, name: str = "small", **more: object) -> bytes:
    """A file for a batch of chats."""
    body = {"model": name, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100, **more}
    rows = [
        {"custom_id": f"c{row}", "method": "POST", "url": "/v1/chat/completions", "body": body} for row in range(number)
    ]
    return "\n".join(map(json.dumps, rows)).encode()


def upload(client: openai.OpenAI, content: bytes | None = None) -> openai.types.FileObject:
    return client.files.create(file=("in.jsonl", content or lines()), purpose="batch")


def begin(client: openai.OpenAI, file_id: str) -> openai.types.Batch:
    return client.batches.create(input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h")


def receipts(gateway: Gateway, operation: str) -> list[dict[str, object]]:
    return [one for one in gateway.audit() if one["operation"] == operation]


def test_a_file_is_kept_read_listed_and_deleted_by_its_tenant_alone(gateway: Gateway, keeper: Keeper) -> None:
    with sdk(gateway) as ours, sdk(gateway, OTHER_KEY) as theirs:
        made = ours.files.create(file=("notes.txt", b"some notes"), purpose="user_data")
        mine = theirs.files.create(file=("other.txt", b"others"), purpose="user_data")
        assert made.filename == "notes.txt"
        assert ours.files.retrieve(made.id).bytes == 10
        assert ours.files.content(made.id).read() == b"some notes"
        assert [one.id for one in ours.files.list()] == [made.id]
        assert [one.id for one in theirs.files.list()] == [mine.id]
        refusals = []
        for name in (made.id, "file-of-nobody"):
            for ask in (theirs.files.retrieve, theirs.files.content, theirs.files.delete):
                with pytest.raises(openai.NotFoundError) as refused:
                    ask(name)
                refusals.append((refused.value.code, refused.value.message))
        assert len(set(refusals)) == 1
        assert ours.files.delete(made.id).deleted
        assert list(ours.files.list()) == []
        with pytest.raises(openai.NotFoundError):
            ours.files.retrieve(made.id)
    assert not [path for method, path, _ in keeper.seen if "nobody" in path or (method == "DELETE" and mine.id in path)]
    assert until(lambda: len(receipts(gateway, "files")) == 15, 10.0), receipts(gateway, "files")
    assert {one["tenant"] for one in receipts(gateway, "files")} == {"acme", "globex"}


def test_every_follow_up_goes_to_the_credential_that_made_the_file(gateway: Gateway, keeper: Keeper) -> None:
    with sdk(gateway, base="/api/v1") as client:
        made = [upload(client) for _ in range(4)]
        assert {keeper.owners[one.id] for one in made} == set(KEYS)
        for one in made * 3:
            assert client.files.retrieve(one.id).id == one.id
        for one in made:
            assert begin(client, one.id).input_file_id == one.id


def test_a_batch_is_run_under_the_providers_name_of_the_model_and_settled_at_what_it_used(
    gateway: Gateway, keeper: Keeper
) -> None:
    with sdk(gateway) as client, sdk(gateway, OTHER_KEY) as stranger:
        file = upload(client)
        sent = [json.loads(line) for line in keeper.contents[file.id].splitlines()]
        assert [line["body"]["model"] for line in sent] == ["up-small"] * 3
        assert [line["custom_id"] for line in sent] == ["c0", "c1", "c2"]
        batch = begin(client, file.id)
        assert batch.status == "validating"
        assert [one.id for one in client.batches.list()] == [batch.id]
        assert list(stranger.batches.list()) == []
        for ask in (stranger.batches.retrieve, stranger.batches.cancel):
            with pytest.raises(openai.NotFoundError):
                ask(batch.id)
        with pytest.raises(openai.NotFoundError):
            begin(stranger, file.id)
        keeper.finish(batch.id)
        done = client.batches.retrieve(batch.id)
        assert done.status == "completed" and done.output_file_id
        assert len(client.files.content(done.output_file_id).text.splitlines()) == 3
        assert {one.id for one in client.files.list()} == {file.id, done.output_file_id}
        with pytest.raises(openai.NotFoundError):
            stranger.files.content(done.output_file_id)
    assert until(lambda: len(receipts(gateway, "batch")) == 1, 20.0)
    (bill,) = receipts(gateway, "batch")
    assert (bill["input_tokens"], bill["output_tokens"], bill["ending"]) == (30, 15, "completed")
    assert (bill["model"], bill["upstream_model"], bill["tenant"], bill["team"]) == (
        "small", "up-small", "acme", "engineers")  # fmt: skip
    assert bill["cost_nano"] == 30 * 1000 + 15 * 10_000
    assert bill["usage_estimated"] is False
    assert [one["cost_nano"] for one in receipts(gateway, "batches") + receipts(gateway, "files")] == [0] * (
        len(receipts(gateway, "batches")) + len(receipts(gateway, "files"))
    )


def test_a_batch_is_held_for_across_a_restart_and_settled_though_nobody_asks(keeper: Keeper, tmp_path: Path) -> None:
    keeper.tells_usage = False
    budget = [{"scope": "team", "limit": "1.00", "per": "month", "hard": True, "id": "b"}]
    gateway = Gateway(tmp_path / "gateway", settings(keeper, budgets=budget))
    try:
        with sdk(gateway) as client:
            batch = begin(client, upload(client).id)
            held = team_budget(gateway)["held"]
            assert Decimal(str(held)) >= 3 * 100 * 10 * Decimal("0.000001")
        gateway.process.kill()
        gateway.start()
        assert until(lambda: team_budget(gateway)["held"] == held, 20.0), team_budget(gateway)
        keeper.finish(batch.id)
        gateway.process.stop()
        gateway.start()  # it looks at once for what is open
        assert until(lambda: team_budget(gateway)["held"] == "0.00", 20.0), team_budget(gateway)
        assert team_budget(gateway)["spent"] == "0.00018"
        assert until(lambda: len(receipts(gateway, "batch")) == 1, 20.0)
    finally:
        gateway.process.stop()


def team_budget(gateway: Gateway) -> dict[str, object]:
    with sdk(gateway) as client:
        page = client.get("/budget/engineers", cast_to=object)
    return page["data"][0]  # type: ignore[index,no-any-return]


def test_a_batch_that_costs_more_than_the_budget_has_left_is_refused_and_never_made(
    keeper: Keeper, tmp_path: Path
) -> None:
    budget = [{"scope": "team", "limit": "0.004", "per": "month", "hard": True, "id": "b"}]
    gateway = Gateway(tmp_path / "gateway", settings(keeper, budgets=budget))
    try:
        with sdk(gateway) as client:
            file = upload(client)
            begin(client, file.id)
            with pytest.raises(openai.APIStatusError) as refused:
                begin(client, file.id)
            assert refused.value.status_code == 402
            assert len(keeper.batches) == 1
    finally:
        gateway.process.stop()


def test_a_batch_that_may_have_been_made_is_not_asked_for_twice_and_stays_held(keeper: Keeper, tmp_path: Path) -> None:
    budget = [{"scope": "team", "limit": "1.00", "per": "month", "hard": True, "id": "b"}]
    config = settings(keeper, budgets=budget, routing={"retries": 3})
    gateway = Gateway(tmp_path / "gateway", config)
    try:
        with sdk(gateway) as client:
            file = upload(client)
            keeper.fail_next = 500
            with pytest.raises(openai.APIStatusError):
                begin(client, file.id)
            assert len(keeper.batches) == 1
            assert team_budget(gateway)["held"] != "0.00"
            assert list(client.batches.list()) == []
    finally:
        gateway.process.stop()


@pytest.mark.parametrize(
    ("content", "key", "status"),
    [
        (lines(name="other"), NARROW_KEY, 403),
        (lines(name="of nobody"), CALLER_KEY, 404),
        (lines(1) + b"\n" + lines(1, "other"), CALLER_KEY, 400),
        (lines(1, stream=True), CALLER_KEY, 400),
        (b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"small"}', CALLER_KEY, 400),
        (b'{"custom_id":"a","method":"GET","url":"/v1/files","body":{}}', CALLER_KEY, 400),
    ],
)
def test_a_file_for_a_batch_is_judged_line_by_line_before_it_goes_on(
    gateway: Gateway, keeper: Keeper, content: bytes, key: str, status: int
) -> None:
    with sdk(gateway, key) as client, pytest.raises(openai.APIStatusError) as refused:
        upload(client, content)
    assert refused.value.status_code == status
    assert keeper.files == {}


def test_guardrails_look_into_the_lines_of_a_batch(keeper: Keeper, tmp_path: Path) -> None:
    words = [{"id": "words", "kind": "keywords", "mode": "block", "words": ["bluebird"]}]
    gateway = Gateway(tmp_path / "gateway", settings(keeper, guardrails=words))
    try:
        with sdk(gateway) as client:
            hidden = lines(1).replace(b"hello", b"blue\\u0062ird")
            with pytest.raises(openai.BadRequestError) as refused:
                upload(client, lines(2) + b"\n" + hidden)
            assert "words" in refused.value.message
            assert keeper.files == {}
            upload(client)
    finally:
        gateway.process.stop()


def test_a_cancelled_batch_is_settled_at_nothing_when_nothing_was_answered(gateway: Gateway, keeper: Keeper) -> None:
    with sdk(gateway) as client:
        batch = begin(client, upload(client).id)
        assert client.batches.cancel(batch.id).status == "cancelled"
    assert until(lambda: len(receipts(gateway, "batch")) == 1, 20.0)
    assert receipts(gateway, "batch")[0]["cost_nano"] == 0


def test_a_chat_cannot_name_a_file_that_the_provider_keeps(gateway: Gateway, keeper: Keeper) -> None:
    with sdk(gateway) as ours, sdk(gateway, OTHER_KEY) as theirs:
        file = ours.files.create(file=("notes.txt", b"some notes"), purpose="user_data")
        sent = len(keeper.seen)
        part = {"type": "file", "file": {"file_id": file.id}}
        with pytest.raises(openai.BadRequestError):
            theirs.chat.completions.create(model="small", messages=[{"role": "user", "content": [part]}])  # type: ignore[list-item, misc]
    assert len(keeper.seen) == sent


PII = [{"id": "pii", "kinds": ["email"], "mode": "redact"}]
POLICY = [{"name": "default", "guardrails": ["pii"]}]
MAIL = "ann.smith@example.org"


def line_with_file(content: bytes) -> bytes:
    data = f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"
    parts = [{"type": "text", "text": "sum up"}, {"type": "file", "file": {"filename": "letter", "file_data": data}}]
    return lines(1, messages=[{"role": "user", "content": parts}])


def test_files_in_the_lines_of_a_batch_are_opened(keeper: Keeper, tmp_path: Path) -> None:
    more = {"guardrails": PII, "policies": POLICY, "files": {"workers": 1}}
    gateway = Gateway(tmp_path / "gateway", settings(keeper, **more))
    try:
        with sdk(gateway) as client:
            clean = line_with_file(made_files.a_docx(["Dear reader"]))
            file = upload(client, clean + b"\n" + line_with_file(made_files.a_docx([f"write to {MAIL}"])))
            first, second = (json.loads(line) for line in keeper.contents[file.id].splitlines())
            assert first["body"]["messages"] == json.loads(clean)["body"]["messages"]
            data = second["body"]["messages"][0]["content"][1]["file"]["file_data"].partition(",")[2]
            pieces = opening.read(base64.b64decode(data), How(ocr=False), None).pieces
            assert "write to" in pieces[0].text and MAIL not in pieces[0].text
            begin(client, file.id)
            broken = line_with_file(made_files.a_docx(["Dear reader"])[:900])
            with pytest.raises(openai.BadRequestError) as refused:
                upload(client, clean + b"\n" + broken)
            assert "line 2" in refused.value.message
    finally:
        gateway.process.stop()


def test_a_file_is_judged_again_when_the_policies_are_others_than_when_it_was_uploaded(
    keeper: Keeper, tmp_path: Path
) -> None:
    gateway = Gateway(tmp_path / "before", settings(keeper))
    try:
        with sdk(gateway) as client:
            bad, good = upload(client, lines(2).replace(b"hello", b"bluebird")), upload(client)
            begin(client, good.id)
        asked = [path for method, path, _ in keeper.seen if path.endswith("/content")]
        assert asked == []  # the policies are those by which it was judged
    finally:
        gateway.process.stop()
    words = [{"id": "words", "kind": "keywords", "mode": "block", "words": ["bluebird"]}]
    stricter = Gateway(gateway.folder, settings(keeper, guardrails=words))
    try:
        with sdk(stricter) as client:
            with pytest.raises(openai.BadRequestError) as refused:
                begin(client, bad.id)
            assert "words" in refused.value.message
            begin(client, good.id)
            begin(client, good.id)
        asked = [path for method, path, _ in keeper.seen if path.endswith("/content")]
        assert asked == [f"/v1/files/{bad.id}/content", f"/v1/files/{good.id}/content"]
    finally:
        stricter.process.stop()
