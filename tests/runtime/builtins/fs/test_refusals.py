"""What is refused: wrong arguments, what the system forbids, writes in read-only mode."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.fs.files import MISSING, NO_DIRECTORY, NUL, mode_of

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


# errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param('fs.read("no")', f'fs.read: failed to read "no": {MISSING}', id="read"),
        pytest.param('fs.read(".")', 'fs.read: failed to read ".": Is a directory (os error 21)', id="read directory"),
        pytest.param('fs.read("f/x")', f'fs.read: failed to read "f/x": {NO_DIRECTORY}', id="read below file"),
        pytest.param('fs.read("a\\0b")', f'fs.read: failed to read "a\0b": {NUL}', id="read NUL"),
        pytest.param('fs.read("")', f'fs.read: failed to read "": {MISSING}', id="read nothing"),
        pytest.param('fs.remove("no")', f'fs.remove: failed to remove "no": {MISSING}', id="remove"),
        pytest.param(
            'fs.remove("f/")', f'fs.remove: failed to remove "f/": {NO_DIRECTORY}', id="remove file with slash"
        ),
        pytest.param('fs.list("no")', f'fs.list: failed to list "no": {MISSING}', id="list"),
        pytest.param('fs.list("f")', f'fs.list: failed to list "f": {NO_DIRECTORY}', id="list file"),
        pytest.param('fs.list("a\\0b")', f'fs.list: failed to list "a\0b": {NUL}', id="list NUL"),
        pytest.param('fs.readdir("no")', f'fs.readdir: failed to read "no": {MISSING}', id="readdir"),
        pytest.param('fs.readdir("f")', f'fs.readdir: failed to read "f": {NO_DIRECTORY}', id="readdir file"),
        pytest.param('fs.stat("no")', f'fs.stat: failed to stat "no": {MISSING}', id="stat"),
        pytest.param('fs.stat("dangling")', f'fs.stat: failed to stat "dangling": {MISSING}', id="stat dangling"),
        pytest.param('fs.mkdir("f")', 'fs.mkdir: failed to create "f": File exists (os error 17)', id="mkdir on file"),
        pytest.param('fs.mkdir("f/d")', f'fs.mkdir: failed to create "f/d": {NO_DIRECTORY}', id="mkdir below file"),
        pytest.param('fs.copy("no", "g")', f'fs.copy: failed to copy "no" to "g": {MISSING}', id="copy"),
        pytest.param('fs.copy("f", "no/g")', f'fs.copy: failed to copy "f" to "no/g": {MISSING}', id="copy no parents"),
        pytest.param(
            'fs.copy("d", "g")',
            'fs.copy: failed to copy "d" to "g": the source is not a regular file',
            id="copy directory",
        ),
        pytest.param(
            'fs.copy("f", "d")', 'fs.copy: failed to copy "f" to "d": Is a directory (os error 21)', id="copy into"
        ),
        pytest.param('fs.rename("no", "g")', f'fs.rename: failed to rename "no" to "g": {MISSING}', id="rename"),
        pytest.param('fs.readlink("no")', f'fs.readlink: failed to read link "no": {MISSING}', id="readlink"),
        pytest.param(
            'fs.readlink("f")',
            'fs.readlink: failed to read link "f": Invalid argument (os error 22)',
            id="readlink of a file",
        ),
        pytest.param(
            'fs.symlink("x", "f")',
            'fs.symlink: failed to link "f" to "x": File exists (os error 17)',
            id="symlink over a file",
        ),
        pytest.param('fs.chmod("no", 384)', f'fs.chmod: failed to chmod "no": {MISSING}', id="chmod"),
        pytest.param('fs.read("a\\"\\\\b\\n")', f'fs.read: failed to read "a\\"\\\\b\\n": {MISSING}', id="quoting"),
    ],
)
def test_a_failure_names_function_path_and_cause(fails: Fails, here: Path, call: str, message: str) -> None:
    (here / "f").touch()
    (here / "d").mkdir()
    (here / "dangling").symlink_to("nowhere")
    assert fails(call) == message


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ('fs.read("{}/d/f")', "fs.read: failed to read"),
        ('fs.write("{}/d/f", "")', "fs.write: failed to write"),
        ('fs.write("{}/d/e/f", "")', "fs.write: failed to create directories for"),
        ('fs.remove("{}/d/f")', "fs.remove: failed to remove"),
        ('fs.remove("{}")', "fs.remove: failed to remove directory"),
        ('fs.list("{}/d")', "fs.list: failed to list"),
        ('fs.readdir("{}")', "fs.readdir: failed to read"),
        ('fs.mkdir("{}/d/e")', "fs.mkdir: failed to create"),
    ],
)
def test_what_is_forbidden_is_an_error(run: Run, unprivileged: Path, call: str, what: str) -> None:
    run("return fs, select('#', pcall(fs.readdir), pcall(fs.remove, '/nowhere'))")  # loads what is needed
    directory = unprivileged / "d"
    directory.mkdir()
    (directory / "f").touch()
    directory.chmod(0)
    try:
        with pytest.raises(ScriptError, match=r"Permission denied \(os error 13\)") as caught, Runtime() as runtime:
            runtime.evaluate(call.format(unprivileged))
    finally:
        directory.chmod(0o700)
    assert caught.value.message.startswith(what)


def test_forbidden_directories_match_nothing(run: Run, unprivileged: Path) -> None:
    (unprivileged / "a").mkdir()
    (unprivileged / "a/f").touch()
    (unprivileged / "b").mkdir(mode=0)
    assert run(f'return fs.glob("{unprivileged}/*/*")') == [f"{unprivileged}/a/f"]
    assert run(f'return fs.glob("{unprivileged}/**/f")') == [f"{unprivileged}/a/f"]


NEEDS_PATH = ("read", "remove", "list", "stat", "exists", "is_file", "is_dir", "mkdir", "readlink", "glob", "chmod")
NO_STRING = "bad argument #{}: error converting Lua {} to String (expected string or number)"


@pytest.mark.parametrize("function", [*NEEDS_PATH, "write", "append"])
@pytest.mark.parametrize(
    ("value", "kind"), [("nil", "nil"), ("true", "boolean"), ("{}", "table"), ("print", "function")]
)
def test_a_path_must_be_text_or_a_number(fails: Fails, function: str, value: str, kind: str) -> None:
    assert fails(f"fs.{function}({value})") == NO_STRING.format(1, kind)


@pytest.mark.parametrize("function", ["write", "append", "copy", "rename", "symlink"])
def test_the_second_argument_must_be_text_or_a_number(fails: Fails, function: str) -> None:
    assert fails(f'fs.{function}("x")') == NO_STRING.format(2, "nil")
    assert fails(f'fs.{function}("x", {{}})') == NO_STRING.format(2, "table")


def test_a_mode_must_be_a_number(fails: Fails) -> None:
    assert fails('fs.chmod(".")').startswith("bad argument #2: error converting Lua nil to ")
    assert fails('fs.chmod(".", "rwx")').endswith("(expected number or string coercible to number)")


def test_a_number_is_a_path_too(run: Run, here: Path) -> None:
    run('fs.write(42, "answer")')
    assert (here / "42").read_text() == "answer"
    assert run("return fs.read(42)") == "answer"


# the guard


@pytest.mark.parametrize(
    ("call", "target"),
    [
        ('fs.write("f", "x")', "f"),
        ('fs.append("f", "x")', "f"),
        ('fs.remove("f")', "f"),
        ('fs.mkdir("new")', "new"),
        ('fs.copy("f", "new")', "new"),
        ('fs.rename("f", "new")', "f -> new"),
        ('fs.symlink("f", "new")', "new"),
        ('fs.chmod("f", 0)', "f"),
        ("fs.tempdir()", "."),
    ],
)
def test_readonly_refuses_whatever_writes(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, call: str, target: str
) -> None:
    monkeypatch.setenv("TMPDIR", ".")
    (here / "f").write_text("kept")
    before = mode_of(here / "f")
    function = call.partition("(")[0]
    text = run(f"local ok, e = pcall(function() {call} end); return tostring(e)", readonly=True)
    assert f"readonly: {function} blocked ({target})" in str(text)
    assert [path.name for path in here.iterdir()] == ["f"]
    assert (here / "f").read_text() == "kept"
    assert mode_of(here / "f") == before


def test_readonly_lets_reading_through(run: Run, here: Path) -> None:
    (here / "f").write_text("x")
    code = 'return fs.read("f") .. #fs.list(".") .. #fs.readdir(".") .. fs.stat("f").size .. #fs.glob("*")'
    assert run(code, readonly=True) == "x1111"


# cold start


def test_the_group_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import assay_shell.runtime.builtins.fs;"
        "print(*set(sys.modules) - before)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "assay_shell.runtime.builtins.fs" in loaded
    assert not {"re", "shutil", "tempfile", "pathlib", "ctypes", "fnmatch", "asyncio"} & set(loaded)
