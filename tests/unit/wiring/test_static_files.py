"""Which files the console is made of."""

from __future__ import annotations

import shutil
from pathlib import Path

from torana.wiring.static_files import folder_files, static_files


def wrote(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_built_console_is_served_where_there_is_one(tmp_path: Path) -> None:
    wrote(tmp_path, static__index_DOT_html="small")
    assert static_files(tmp_path)["/"].body == b"small"
    wrote(tmp_path, console_build__index_DOT_html="built")
    assert static_files(tmp_path)["/"].body == b"built"
    assert static_files(tmp_path / "nowhere") == {}


def test_a_packed_twin_goes_with_its_file_and_is_no_file_of_its_own(tmp_path: Path) -> None:
    wrote(tmp_path, a_DOT_js="plain", a_DOT_js_DOT_br="B", a_DOT_js_DOT_gz="G", alone_DOT_gz="kept")
    found = folder_files(tmp_path)
    assert set(found) == {"/a.js", "/alone.gz"}
    assert found["/a.js"].packed == {b"br": b"B", b"gzip": b"G"}
    assert list(found["/a.js"].packed) == [b"br", b"gzip"], "the best first"


def test_hidden_files_stay_hidden_and_types_are_told(tmp_path: Path) -> None:
    wrote(tmp_path, _DOT_digest="x", _DOT_vite__manifest_DOT_json="{}", deep__f_DOT_woff2="f", s_DOT_svg="<svg/>")
    found = folder_files(tmp_path)
    assert {path: file.content_type for path, file in found.items()} == {
        "/deep/f.woff2": b"font/woff2",
        "/s.svg": b"image/svg+xml; charset=utf-8",
    }


def test_the_entity_tag_is_of_the_content(tmp_path: Path) -> None:
    wrote(tmp_path, a_DOT_txt="one", b_DOT_txt="one", c_DOT_txt="two")
    found = folder_files(tmp_path)
    assert found["/a.txt"].etag == found["/b.txt"].etag != found["/c.txt"].etag


def test_a_build_made_while_the_gateway_runs_is_served_whole_and_open_pages_keep_their_parts(tmp_path: Path) -> None:
    built = tmp_path / "console_build"
    wrote(tmp_path, console_build__index_DOT_html="old: a-1.js", console_build__assets__a_1_DOT_js="old")
    static = static_files(tmp_path)
    assert static["/"].body == b"old: a-1.js"
    shutil.rmtree(built)
    assert static["/index.html"].body == b"old: a-1.js"  # a build is under way
    wrote(tmp_path, console_build__index_DOT_html="new: a-2.js", console_build__assets__a_2_DOT_js="new")
    assert static["/"].body == static["/index.html"].body == b"new: a-2.js"
    assert "/assets/a_2.js" in static
    assert static["/assets/a_1.js"].body == b"old"
