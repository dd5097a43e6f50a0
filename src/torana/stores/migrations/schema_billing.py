"""The tables of billing: plans, invoices and their numbers, what was rated again, what providers say.

Every row names its tenant. A part of ``schema``; amounts are nano-units, documents JSON.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from torana.stores.migrations.columns import count, metadata, moment, number, part_of_key, words

billing_plans = Table(
    "billing_plans",
    metadata,
    part_of_key("tenant"),
    Column("version", Integer, primary_key=True, autoincrement=False),
    words("document"),
    moment("written_at"),
    words("written_by"),
)
"""What a tenant is billed by, every version of it."""

billing_drafts = Table(
    "billing_drafts",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(words, ("kind", "currency")),
    *map(number, ("since", "until", "total_nano")),
    words("document"),
    moment("made_at"),
    words("made_by"),
)
"""Invoices and credit notes that nobody has issued: made anew at will."""

billing_invoices = Table(
    "billing_invoices",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(words, ("kind", "currency")),
    *map(number, ("since", "until", "total_nano")),
    words("document"),
    moment("made_at"),
    words("made_by"),
    words("fiscal_year"),
    count("sequence"),
    *map(words, ("number", "of_invoice", "digest")),
    moment("issued_at"),
    words("issued_by"),
    Index("billing_invoices_number", "tenant", "kind", "fiscal_year", "sequence", unique=True),
    Index("billing_invoices_of", "tenant", "of_invoice"),
)
"""Issued invoices and credit notes. A trigger refuses every change of a row and every deletion; ``digest`` is the SHA-256
of ``document``. ``of_invoice``: the invoice that a credit note is about.
"""

billing_numbers = Table(
    "billing_numbers",
    metadata,
    *map(part_of_key, ("tenant", "kind", "fiscal_year")),
    count("last"),
)
"""The last number of each series: grown in the transaction that issues, so that no number is left out."""

billing_rerates = Table(
    "billing_rerates",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(number, ("since", "until")),
    *map(words, ("reason", "document")),
    moment("made_at"),
    words("made_by"),
)
"""Each time past usage was rated again."""

billing_adjustments = Table(
    "billing_adjustments",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    words("rerate"),
    number("day"),
    *map(words, ("department", "team", "user_id", "key_id", "model", "provider", "currency")),
    *map(number, ("requests", "recorded_nano", "rated_nano", "difference_nano")),
    words("invoice"),
    Index("billing_adjustments_day", "tenant", "day"),
    Index("billing_adjustments_open", "tenant", "invoice"),
)
"""What re-rating came to, by day and whose it was: usage itself is never changed. ``invoice`` is the one that it was billed
by, empty before; ``difference_nano`` is what it adds to the record and the adjustments before it.
"""

billing_noted = Table(
    "billing_noted",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    words("invoice"),
    number("at"),
    words("currency"),
    number("cost_nano"),
    number("users"),
)
"""What each invoice billed of which hour or day (``at``), so that what is recorded later comes on the next one; how many people
were active stands at the beginning of their period.
"""

billing_reconciliations = Table(
    "billing_reconciliations",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(number, ("since", "until")),
    *map(words, ("provider", "shape", "document")),
    moment("made_at"),
    words("made_by"),
)
"""What providers' exports said, compared with what was recorded."""
