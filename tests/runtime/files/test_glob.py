from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.files.glob import glob
from assay_shell.runtime.files.patterns import PatternError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plant(*paths: str) -> None:
    """Create files; a path that ends in a slash is a directory."""
    for path in paths:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if not path.endswith("/"):
            Path(path).touch()


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("x.txt", ["x.txt"], id="plain"),
        pytest.param("no.txt", [], id="plain and missing"),
        pytest.param("*", [".hidden", "a", "a.d", "x.txt"], id="hidden ones match"),
        pytest.param("*.txt", ["x.txt"], id="suffix"),
        pytest.param("?", ["a"], id="one character"),
        pytest.param("[!.]*", ["a", "a.d", "x.txt"], id="not hidden"),
        pytest.param("*/*", [".hidden/y.txt", "a.d/z.txt", "a/b", "a/y.txt"], id="two levels"),
        pytest.param("a/*/*", ["a/b/y.txt"], id="three levels"),
        pytest.param("a/b/y.txt/*", [], id="below a file"),
        pytest.param("x.txt/", [], id="a file is no directory"),
        pytest.param("*/", [".hidden", "a", "a.d"], id="directories"),
        pytest.param("a/", ["a"], id="a directory"),
        pytest.param("**/y.txt", [".hidden/y.txt", "a/b/y.txt", "a/y.txt"], id="any depth"),
        pytest.param("**/x.txt", ["x.txt"], id="no depth at all"),
        pytest.param("a/**/y.txt", ["a/b/y.txt", "a/y.txt"], id="any depth below"),
        pytest.param("**/b/**/y.txt", ["a/b/y.txt"], id="twice"),
        pytest.param("**/**/b", ["a/b"], id="in a row"),
        pytest.param("**", [".hidden", "a", "a.d", "a/b"], id="directories of any depth"),
        pytest.param("a/**", ["a/b"], id="directories below"),
        pytest.param("**/", [".hidden", "a", "a.d", "a/b"], id="with a slash"),
        pytest.param("x.txt/**", [], id="any depth below a file"),
        pytest.param("./x.txt", ["x.txt"], id="leading dot"),
        pytest.param("././*.txt", ["x.txt"], id="leading dots"),
        pytest.param("./**/b", ["a/b"], id="leading dot and depth"),
        pytest.param("a/./b//y.txt", ["a/b/y.txt"], id="needless parts"),
        pytest.param(".", ["."], id="here"),
        pytest.param("./", ["."], id="here with a slash"),
        pytest.param("a/../x.*", ["a/../x.txt"], id="up in between"),
        pytest.param("{a,b}", [], id="no braces"),
        pytest.param("/", ["/"], id="root"),
        pytest.param("///", ["/"], id="root thrice"),
    ],
)
def test_what_a_pattern_finds(pattern: str, found: list[str]) -> None:
    plant("x.txt", "a/y.txt", "a/b/y.txt", ".hidden/y.txt", "a.d/z.txt")
    assert glob(pattern) == found


def test_paths_above_and_absolute_ones_keep_their_beginning(here: Path) -> None:
    plant("sub/", "f.txt")
    os.chdir("sub")
    assert glob("../*.txt") == ["../f.txt"]
    assert glob("./../*.txt") == ["../f.txt"]
    assert glob("..") == [".."]
    assert glob(f"{here}/*.txt") == [f"{here}/f.txt"]
    assert glob(f"{here}/**/f.txt") == [f"{here}/f.txt"]


def test_paths_are_sorted_by_their_bytes() -> None:
    names = ["a", "a-b", "a.b", "a/b", "aä", "a€", "a\U0001f600"]
    if sys.platform == "linux":
        names.append("a\udcff")  # macOS refuses names that are no UTF-8
    plant(*names[1:])
    assert glob("**/*") == names


def test_names_that_look_like_patterns_are_found_by_brackets() -> None:
    plant("*", "[x]", "**")
    assert glob("[*]") == ["*"]
    assert glob("[[]x]") == ["[x]"]


def test_links_to_directories_are_entered() -> None:
    plant("real/f", "d/")
    os.symlink("../real", "d/link")
    assert glob("d/**/f") == ["d/link/f"]
    assert glob("d/*/f") == ["d/link/f"]
    assert glob("d/**") == ["d/link"]
    assert glob("d/link/") == ["d/link"]


def test_dangling_links_match_by_name() -> None:
    os.symlink("nowhere", "link")
    assert glob("*") == ["link"]
    assert glob("link") == ["link"]
    assert glob("**/link") == ["link"]
    assert glob("*/") == []
    assert glob("link/*") == []


def test_links_that_lead_back_are_listed_and_not_entered() -> None:
    plant("d/e/f")
    os.symlink(".", "self")
    os.symlink("../..", "d/e/top")
    os.symlink("round", "round")
    assert glob("**/f") == ["d/e/f"]
    assert glob("**/*") == ["d", "d/e", "d/e/f", "d/e/top", "round", "self"]
    assert glob("**") == ["d", "d/e"]
    assert glob("self/d/*/f") == ["self/d/e/f"]
    assert glob("d/**/f") == ["d/e/f", "d/e/top/d/e/f"]


def test_links_that_lead_to_one_another_end() -> None:
    plant("a/f", "b/g")
    os.symlink("../b", "a/to_b")
    os.symlink("../a", "b/to_a")
    assert glob("**/f") == ["a/f", "b/to_a/f"]


@pytest.mark.parametrize("pattern", ["a/[", "[a/b]", "x**/y", "a/b**", "a\0b", "no/where/["])
def test_an_invalid_pattern_raises_whether_it_could_match_or_not(pattern: str) -> None:
    with pytest.raises(PatternError):
        glob(pattern)


NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.one_of(
    st.just("**"),
    st.lists(st.sampled_from(["a", "b", ".", "?", "[!a]", "[ab]"]), min_size=1, max_size=3).map("".join),
    st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "a", "[!b]"])).map("*".join),
).filter(lambda part: part not in (".", "..", "..."))
PATTERNS = st.tuples(st.lists(PARTS, min_size=1, max_size=4).map("/".join), st.sampled_from(["", "", "/"])).map("".join)


def naive(root: str, pattern: str) -> set[str]:
    """The reference: one regular expression over every path below *root*."""
    parts = pattern.rstrip("/").split("/")
    only_directories = pattern.endswith("/") or parts[-1] == "**"
    if parts[-1] == "**":
        parts.append("*")
    source = ""
    for index, part in enumerate(parts):
        if part == "**":
            source += "(?:[^/]+/)*"
            continue
        tokens = re.findall(r"\[.*?\]|.", part)
        source += "".join(
            {"*": "[^/]*", "?": "[^/]", "[!a]": "[^a/]", "[!b]": "[^b/]", ".": r"\."}.get(token, token)
            for token in tokens
        )
        source += "/" if index < len(parts) - 1 else ""
    found = set()
    for folder, directories, files in os.walk(root):
        for name in directories + ([] if only_directories else files):
            path = os.path.relpath(os.path.join(folder, name), root)
            if re.fullmatch(source, path):
                found.add(path)
    return found


@settings(max_examples=100, deadline=None)
@given(files=st.sets(PATHS, max_size=8), patterns=st.lists(PATTERNS, min_size=1, max_size=5))
def test_a_search_finds_what_trying_every_path_finds(files: set[str], patterns: list[str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        for path in sorted(files, key=len, reverse=True):
            full = os.path.join(root, path)
            if not os.path.lexists(full) and not any(parent.is_file() for parent in Path(full).parents):
                plant(full)
        for pattern in patterns:
            found = [path.removeprefix(f"{root}/") for path in glob(f"{root}/{pattern}")]
            assert found == sorted(naive(root, pattern)), pattern
