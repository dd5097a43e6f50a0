"""Exact money: integers of nano-units (10⁻⁹ of a currency's unit), rounded in one place.

It decides what an amount is worth and how it is written; it does not know prices (the Snapshot does)
nor who pays (the Hold does). Called by the line's settle room and by whoever prints an amount.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation

NANO = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000
"""Prices are written per this many tokens, as every provider's price page does."""

_EXACT = Context(prec=60, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation, Inexact])
"""The default context would round an amount of more than 28 digits and say nothing."""

_WIDE = Context(prec=60, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation])


def nano_from_decimal(text: str | int | Decimal) -> int:
    """The nano-units of a decimal amount such as ``"2.50"``.

    Raises ValueError for what is no finite decimal, or is finer than a nano-unit:
    a configured amount is never rounded behind its owner's back.
    """
    try:
        amount = _EXACT.multiply(Decimal(text), NANO)
    except Inexact as fault:
        raise ValueError(f"{text!r} has more digits than an amount of money can have") from fault
    except (InvalidOperation, TypeError) as fault:
        raise ValueError(f"{text!r} is no decimal amount") from fault
    if not amount.is_finite() or amount.adjusted() >= _EXACT.prec:
        raise ValueError(f"{text!r} is no finite amount, or too large a one")
    whole = int(amount)
    if whole != amount:
        raise ValueError(f"{text!r} is finer than a nano-unit (nine decimals)")
    return whole


def nearest_nano(amount: Decimal) -> int:
    """The nano-units nearest to somebody else's price, half to even: catalogues write thirds and halves of cents out."""
    return int(_WIDE.multiply(amount, NANO).to_integral_value(ROUND_HALF_EVEN))


def decimal_text(nano: int) -> str:
    """The amount as a plain decimal string, at least two decimals, never an exponent."""
    if nano < 0:
        return "-" + decimal_text(-nano)
    units, rest = divmod(nano, NANO)
    if rest % 100_000_000 == 0:  # no decimals, or one: two are written
        return "%d.%02d" % (units, rest // 10_000_000)  # noqa: UP031 - half the price of an f-string here
    return ("%d.%09d" % (units, rest)).rstrip("0")  # noqa: UP031 - the same


def rounded_nano(total: int, per: int = TOKENS_PER_PRICE) -> int:
    """The cost of counted things: ``total`` is the exact sum of count x price, a price being nano-units per ``per``.

    Rounded once, half to even: the only rounding of metered money in the product.
    """
    whole, rest = divmod(total, per)
    twice = rest * 2
    if twice > per or (twice == per and whole % 2 == 1):
        whole += 1
    return whole


def converted(nano: int, rate_nano: int) -> int:
    """The amount in another currency. ``rate_nano``: nano-units of that currency for one unit of this, a dated rate."""
    return rounded_nano(nano * rate_nano, NANO)


def rounded(nano: int, decimals: int) -> Decimal:
    """The amount as a Decimal with ``decimals`` places, half to even, for invoices and screens."""
    return (Decimal(nano) / NANO).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
