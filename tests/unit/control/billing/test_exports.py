"""Exports as providers give them, and what they come to beside the record."""

from __future__ import annotations

import pytest

from torana.control.billing.exports import period, read
from torana.control.billing.reconcile import (
    Compared,
    Figures,
    Names,
    compared,
    costs_of,
    differs,
    plain_model,
    variance_bp,
)
from torana.core.errors import GatewayError
from torana.ports.usage import Upstream

CUR2 = """line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_usage_amount,line_item_unblended_cost,line_item_currency_code,line_item_resource_id,pricing_unit
2026-11-01T00:00:00Z,AmazonBedrock,USE1-Claude4.5Sonnet-input-tokens,1500,0.0045,USD,arn:x,1K tokens
2026-11-01T00:00:00Z,AmazonBedrock,USE1-Claude4.5Sonnet-output-tokens,200,0.003,USD,arn:x,1K tokens
2026-11-01T00:00:00Z,AmazonBedrock,USE1-Claude4.5Sonnet-cache-read-input-token-count,10,0.0001,USD,arn:x,1K tokens
2026-11-01T00:00:00Z,AmazonEC2,BoxUsage,1,5,USD,i-1,Hrs
"""
CUR1 = """lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,lineItem/UnblendedCost,lineItem/CurrencyCode
2026-11-01T00:00:00Z,AmazonBedrock,APS3-NovaLite-input-tokens,1234,0.001,USD
"""
ANTHROPIC = {
    "data": [
        {
            "starting_at": "2026-11-01T00:00:00Z",
            "ending_at": "2026-11-02T00:00:00Z",
            "results": [
                {
                    "uncached_input_tokens": 100, "cache_read_input_tokens": 50, "output_tokens": 7, "api_key_id": "apikey_1",
                    "cache_creation": {"ephemeral_1h_input_tokens": 3, "ephemeral_5m_input_tokens": 4},
                    "model": "claude-sonnet-4-5-20250929", "server_tool_use": {"web_search_requests": 1},
                }
            ],
        }
    ],
    "has_more": False,
}  # fmt: skip


def test_input_of_anthropic_is_all_of_its_parts() -> None:
    (row,) = read("anthropic_usage", ANTHROPIC, "")
    assert (row.input_tokens, row.cache_read_tokens, row.cache_write_tokens, row.output_tokens) == (157, 50, 7, 7)
    assert (row.key, row.model) == ("apikey_1", "claude-sonnet-4-5-20250929")


def test_costs_of_anthropic_are_in_cents() -> None:
    bucket = {
        "starting_at": "2026-11-01T00:00:00Z",
        "results": [{"currency": "USD", "amount": "123.78912", "model": "claude-x", "description": "…"}],
    }
    (row,) = read("anthropic_costs", {"data": [bucket]}, "")
    assert (row.cost_nano, row.currency, row.counts) == (1_237_891_200, "USD", False)


def test_costs_of_openai_are_by_line_item() -> None:
    bucket = {
        "start_time": 1_793_491_200,
        "results": [{"amount": {"value": 0.06, "currency": "usd"}, "line_item": "gpt-4o-mini-2024-07-18, input"}],
    }
    (row,) = read("openai_costs", [{"data": [bucket]}], "")
    assert (row.cost_nano, row.currency, row.model) == (60_000_000, "USD", "gpt-4o-mini-2024-07-18")


def test_rows_of_bedrock_are_counted_by_their_unit_and_the_rest_left_out() -> None:
    rows = read("aws_cur", None, CUR2)
    assert [(one.model, one.input_tokens, one.cache_read_tokens, one.output_tokens) for one in rows] == [
        ("Claude4.5Sonnet", 1_500_000, 0, 0),
        ("Claude4.5Sonnet", 0, 0, 200_000),
        ("Claude4.5Sonnet", 10_000, 10_000, 0),
    ]
    assert sum(one.cost_nano for one in rows) == 7_600_000
    (older,) = read("aws_cur", None, CUR1)
    assert (older.model, older.input_tokens, older.cost_nano) == ("NovaLite", 1234, 1_000_000)


@pytest.mark.parametrize(
    ("shape", "data", "text"),
    [
        ("openai_usage", {"data": [{"results": [{}]}]}, ""),
        ("openai_usage", {"data": [{"start_time": 1, "results": [{"input_tokens": -1}]}]}, ""),
        ("openai_usage", {"data": [{"start_time": 1, "results": [{"input_tokens": 1.5}]}]}, ""),
        (
            "openai_costs",
            {"data": [{"start_time": 1, "results": [{"amount": {"value": "NaN", "currency": "usd"}}]}]},
            "",
        ),
        ("anthropic_usage", {"data": [{"starting_at": "soon", "results": [{}]}]}, ""),
        ("anthropic_usage", [1, 2], ""),
        ("aws_cur", None, "a,b\n1,2\n"),
        ("aws_cur", None, ""),
    ],
)
def test_what_has_another_shape_is_refused(shape: str, data: object, text: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read(shape, data, text)
    assert refused.value.code == "REQUEST_INVALID"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("gpt-4.1", "gpt-4.1"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("chatgpt-4o-latest", "chatgpt-4o"),
    ],
)
def test_names_of_a_model_are_made_alike(name: str, plain: str) -> None:
    assert plain_model(name) == plain


def test_both_sides_are_set_beside_each_other() -> None:
    claims = read("anthropic_usage", ANTHROPIC, "")
    ours = [
        Upstream("claude", "claude-sonnet-4-5", "USD", 2, 150, 50, 7, 7, 1000),
        Upstream("claude", "claude-haiku", "USD", 1, 10, 0, 0, 1, 10),
        Upstream("openai", "gpt-4o", "USD", 1, 10, 0, 0, 1, 10),
    ]
    rows = compared(claims, ours, Names("anthropic", {"apikey_1": "claude"}))
    assert [(one.model, one.verdict, one.key) for one in rows] == [
        ("claude-haiku", "only_ours", ""),
        ("claude-sonnet-4-5", "both", "apikey_1"),
    ]
    theirs, own = rows[1].theirs, rows[1].ours
    assert theirs is not None
    assert own is not None
    assert variance_bp(theirs.input_tokens, own.input_tokens) == 466
    assert variance_bp(1, 0) is None


MARKET = """\ufeffidentity/LineItemId,lineItem/UsageStartDate,lineItem/ProductCode,product/ProductName,lineItem/LineItemType,lineItem/UsageType,lineItem/UsageAmount,lineItem/UnblendedCost,lineItem/CurrencyCode,pricing/unit
1,2026-11-01T00:00:00Z,abc123,Claude Sonnet 4.5 (Amazon Bedrock Edition),Usage,USE1-MP:USE1_InputTokenCount-Units,0.0015,0.0045,USD,Units
2,2026-11-01T00:00:00Z,abc123,Claude Sonnet 4.5 (Amazon Bedrock Edition),Usage,USE1-MP:USE1_CacheReadInputTokenCount-Units,2,0.6,USD,Units
3,2026-11-01T00:00:00Z,abc123,Claude Sonnet 4.5 (Amazon Bedrock Edition),Usage,USE1-MP:USE1_output_tokens_standard-Units,0.5,1M,USD,1M tokens
"""


def test_models_of_the_marketplace_are_named_by_their_product_and_counted_by_the_million() -> None:
    rows = read("aws_cur", None, MARKET.replace(",1M,", ",7.5,"))
    assert [(one.input_tokens, one.cache_read_tokens, one.output_tokens) for one in rows] == [
        (1500, 0, 0),
        (2_000_000, 2_000_000, 0),
        (0, 0, 500_000),
    ]
    assert {plain_model(one.model) for one in rows} == {plain_model("anthropic.claude-sonnet-4-5-20250929-v1:0")}


def test_the_product_of_a_newer_report_is_read_from_its_map() -> None:
    head = CUR2.splitlines()[0] + ",product"
    row = '2026-11-01T00:00:00Z,abc,USE1-MP:USE1_OutputTokenCount-Units,1,15,USD,,,"{""product_name"":""Claude Opus 4.6 (Amazon Bedrock Edition)""}"'
    (found,) = read("aws_cur", None, f"{head}\n{row}\n")
    assert (found.model, found.output_tokens) == ("Claude-Opus-4-6", 1_000_000)


def test_only_usage_counts_tokens_and_taxes_count_nothing() -> None:
    head, row = CUR2.splitlines()[0] + ",line_item_line_item_type", CUR2.splitlines()[1]
    parts = row.split(",")

    def of_type(kind: str, amount: str, cost: str) -> str:
        return ",".join([*parts[:3], amount, cost, *parts[5:], kind])

    rows = read(
        "aws_cur",
        None,
        "\n".join(
            [
                head,
                of_type("Usage", "1500", "0.0045"),
                of_type("Credit", "1500", "-0.001"),
                of_type("Credit", "-3", "-0.001"),
                of_type("Tax", "1", "9.99"),
            ]
        ),
    )
    assert sum(one.input_tokens for one in rows) == 1_500_000
    assert sum(one.cost_nano for one in rows) == 2_500_000


@pytest.mark.parametrize(
    ("shape", "data", "text", "said"),
    [
        ("aws_cur", None, CUR2.replace(",", ";"), "line_item_usage_start_date"),
        ("aws_cur", None, CUR2.replace("line_item_unblended_cost", "cost"), "no column line_item_unblended_cost"),
        ("aws_cur", None, CUR2.replace("0.003", '"0,003"'), "decimal point, after 1 rows"),
        ("aws_cur", None, CUR2.replace("1500", "-1500"), "below 0"),
        ("aws_cur", None, MARKET.replace(",1M,", ",7.5,") + MARKET.splitlines()[1] + "\n", "twice"),
        ("aws_cur", None, CUR2 + "2026-11-01T00:00:00Z,AmazonBed", "cut off"),
        ("aws_cur", None, CUR2.replace("0.0045", "0,0045"), "cut off, or was put together"),
        ("openai_usage", {"data": [{"start_time": 1, "results": [{"input_tokens": 10**400}]}]}, "", "bounds"),
        ("openai_usage", {"data": [{"start_time": 1}]}, "", "no results"),
        ("openai_usage", {"data": [{"start_time": 10**15, "results": [{}]}]}, "", "1970 to 2500"),
        ("openai_usage", {"data": [{"start_time": -1, "results": [{}]}]}, "", "1970 to 2500"),
        ("openai_costs", {"data": [{"start_time": 1, "results": [{}]}]}, "", "no amount"),
        ("anthropic_usage", {"data": [{"starting_at": "9999-12-31T23:59:59Z", "results": [{}]}]}, "", "1970 to 2500"),
        ("anthropic_costs", [ANTHROPIC, ANTHROPIC], "", "no amount"),
        ("anthropic_usage", [ANTHROPIC, ANTHROPIC], "", "twice"),
    ],
)
def test_what_is_wrong_with_an_export_is_told(shape: str, data: object, text: str, said: str) -> None:
    with pytest.raises(GatewayError, match=said):
        read(shape, data, text)


def figures(tokens: int = 0, cost: int = 0, currency: str = "USD") -> Figures:
    found = Figures(output_tokens=tokens, counts=True)
    found.pay(currency, cost)
    return found


@pytest.mark.parametrize(
    ("theirs", "ours", "differ", "bp"),
    [
        (figures(1000, 10), figures(0, 10), True, None),
        (figures(10, 1000), figures(10, 0), True, None),
        (figures(10, 0), figures(10, 0), False, 0),
        (figures(10, 100_500), figures(10, 100_000), False, 50),
        (figures(10, 99_500), figures(10, 100_000), False, -50),
        (figures(10, 99_499), figures(10, 100_000), True, -50),
        (figures(10, 10, "EUR"), figures(10, 10), True, None),
    ],
)
def test_what_one_side_lacks_or_tells_otherwise_differs(
    theirs: Figures, ours: Figures, differ: bool, bp: int | None
) -> None:
    one = Compared("", "openai", "m", theirs, ours)
    assert differs(one, 50) is differ
    costs = costs_of(one)
    if bp is not None:
        assert costs is not None
        assert variance_bp(*costs) == bp


def test_an_export_is_about_all_of_its_buckets_and_no_more() -> None:
    day = 1_793_491_200
    rows = [{"input_tokens": 5, "model": "m"}]
    hours = [{"start_time": day + 3600 * hour, "end_time": day + 3600 * (hour + 1), "results": []} for hour in range(6)]
    data = {"data": [hours[0], {**hours[1], "results": rows}, *hours[2:], {"results": []}]}
    assert period(data, read("openai_usage", data, "")) == (day, day + 6 * 3600)
    (bare,) = read("openai_usage", {"start_time": day + 7, "results": rows}, "")
    assert period(None, [bare]) == (day + 7, day + 86_400)
    columns, row = CUR2.splitlines()[0] + ",line_item_usage_end_date", CUR2.splitlines()[1]
    month = read("aws_cur", None, f"{columns}\n{row},2026-12-01T00:00:00Z\n")
    assert period(None, month) == (day, day + 30 * 86_400)


def test_an_export_that_is_not_by_model_is_compared_as_a_whole() -> None:
    claims = read("openai_usage", {"start_time": 1, "results": [{"input_tokens": 20, "output_tokens": 2}]}, "")
    ours = [Upstream("openai", name, "USD", 1, 10, 0, 0, 1, 10) for name in ("gpt-4o", "o9")]
    (row,) = compared(claims, ours, Names("openai"))
    assert (row.verdict, row.model, differs(row, 0)) == ("both", "", False)
