"""What several policies say of files: together never less than each alone, whichever is read first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.core.file_terms import LETS, MODES, OCR, ON_ERROR, SILENT, FileTerms, both_files

TYPES = st.none() | st.frozensets(st.sampled_from(["pdf", "docx", "image", "text"]))
TERMS = st.builds(
    FileTerms,
    st.sampled_from(["", *MODES]),
    TYPES,
    st.none() | st.booleans(),
    st.none() | st.integers(1, 50),
    st.sampled_from(["", *OCR]),
    st.sampled_from(["", "allow", "block"]),
    st.sampled_from(["", *LETS]),
    st.sampled_from(["", *ON_ERROR]),
)


@given(TERMS, TERMS, TERMS)
def test_order_and_grouping_mean_nothing(one: FileTerms, other: FileTerms, third: FileTerms) -> None:
    assert both_files(one, other) == both_files(other, one)
    assert both_files(both_files(one, other), third) == both_files(one, both_files(other, third))
    assert both_files(one, one) == one and both_files(one, SILENT) == one


@given(TERMS, TERMS)
def test_whatever_a_narrower_policy_says_it_only_restricts(wide: FileTerms, narrow: FileTerms) -> None:
    both = both_files(wide, narrow)
    for said, order in ((lambda one: one.mode, MODES), (lambda one: one.ocr, OCR), (lambda one: one.active, LETS)):
        assert not said(wide) or order.index(said(both)) >= order.index(said(wide))
    if wide.types is not None:
        assert both.types is not None and both.types <= wide.types
    if wide.max_mb is not None:
        assert both.max_mb is not None and both.max_mb <= wide.max_mb
    assert wide.archives is not False or both.archives is False
    assert wide.on_error != "closed" or both.is_closed
    assert wide.remote != "block" or not both.lets_remote


def test_where_no_policy_speaks_of_files_what_cannot_be_read_passes_and_where_one_does_it_does_not() -> None:
    assert not SILENT.is_closed and SILENT.lets_remote and SILENT.does == "redact"
    assert FileTerms(mode="flag").is_closed and not FileTerms(mode="flag").lets_remote
    assert FileTerms(remote="allow").lets_remote and not FileTerms(on_error="open").is_closed
