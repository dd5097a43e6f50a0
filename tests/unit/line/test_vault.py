"""Tokens are the same for the same value in one conversation, tell nobody else anything, and are forgotten in time."""

from __future__ import annotations

from torana.line.vault import LIFE_S, MOST_VALUES, TOKEN, UNFINISHED, MemoryVault, Tokens, conversation_key
from torana.testing.clock import FakeClock

KEY = b"k" * 32


def test_a_token_tells_the_kind_and_is_the_same_for_the_same_value() -> None:
    one, two = Tokens("acme/c", KEY), Tokens("acme/c", KEY)
    assert one.token("email", "a@b.c") == two.token("email", "a@b.c")
    assert one.token("email", "a@b.c").startswith("<EMAIL_")
    assert TOKEN.fullmatch(one.token("credit_card", "4111"))
    assert TOKEN.fullmatch(one.token("süß!", "x"))
    assert one.new == one.known


def test_other_conversations_keys_and_kinds_have_other_tokens() -> None:
    token = Tokens("acme/c", KEY).token("email", "a@b.c")
    assert Tokens("acme/d", KEY).token("email", "a@b.c") != token
    assert Tokens("acme/c", b"x" * 32).token("email", "a@b.c") != token


def test_two_values_whose_tokens_would_be_one_have_two() -> None:
    token = Tokens("c", KEY).token("email", "a@b.c")
    clash = Tokens("c", KEY, {token: "another value"})
    longer = clash.token("email", "a@b.c")
    assert longer != token and TOKEN.fullmatch(longer)
    assert clash.known[token] == "another value"


def test_every_beginning_of_a_token_is_seen_as_one() -> None:
    token = Tokens("c", KEY).token("credit_card", "4111")
    for end in range(1, len(token)):
        found = UNFINISHED.search(f"a < b {token[:end]}")
        assert found and found.group() == token[:end]


async def test_values_come_back_until_they_expire() -> None:
    clock = FakeClock()
    vault = MemoryVault(clock)
    await vault.keep("c", {"<A_00000000>": "a"})
    clock.advance(LIFE_S - 1)
    await vault.keep("c", {"<B_00000000>": "b"})
    assert await vault.recall("c") == {"<A_00000000>": "a", "<B_00000000>": "b"}
    clock.advance(2)
    assert await vault.recall("c") == {"<B_00000000>": "b"}
    assert await vault.recall("d") == {}
    clock.advance(LIFE_S)
    assert await vault.recall("c") == {}


async def test_of_too_many_values_the_oldest_go() -> None:
    vault = MemoryVault(FakeClock())
    for number in range(MOST_VALUES + 5):
        await vault.keep("c", {f"<A_{number:08x}>": str(number)})
    kept = await vault.recall("c")
    assert len(kept) == MOST_VALUES
    assert "<A_00000000>" not in kept


def test_no_word_of_a_caller_names_a_conversation_of_others() -> None:
    named = conversation_key("acme", "c")
    for other in (
        conversation_key("acme", user="c"),
        conversation_key("acme", key_id="c"),
        conversation_key("globex", "c"),
        conversation_key("a", "cme/conversation/c"),
        conversation_key("acme/conversation", "c"),
    ):
        assert other != named
    assert conversation_key("acme", "c", "ann", "key-1") == named
    assert conversation_key("acme", "", "ann", "key-1") == conversation_key("acme", user="ann")
