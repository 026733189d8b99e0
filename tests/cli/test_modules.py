"""`assay modules`: what can be required and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import Command

HEADED = """--- @module whatever
--- @description {}
--- @keywords a, b
return {{}}
"""


@pytest.fixture
def write(tmp_path: Path):
    def file(path: str, text: str | bytes = "return {}") -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode() if isinstance(text, str) else text)

    return file


def rows(cli: Command, *arguments: str, **options) -> dict[str, tuple[str, str]]:
    lines = cli("modules", *arguments, **options).stdout.decode().splitlines()[2:]
    return {line[:30].strip(): (line[31:41].strip(), line[42:]) for line in lines}


def test_the_table_has_a_header_a_line_and_a_row_for_each_module(cli):
    done = cli("modules")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "MODULE                         SOURCE     DESCRIPTION"
    assert lines[1] == "-" * 80
    assert (
        "http                           builtin    HTTP client and server: get, post, put, patch, delete, serve"
        in lines
    )


def test_rows_are_sorted_by_name_and_unique(cli):
    names = [line.split()[0] for line in cli("modules").stdout.decode().splitlines()[2:]]
    assert names == sorted(set(names))
    assert {"assay.prometheus", "assert", "shell", "process", "disk", "os", "temporal", "time"} <= set(names)
    assert not any(name.startswith("assay.lib") for name in names)


def test_a_project_module_wins_over_a_global_one_and_both_over_the_embedded(cli, write):
    write(".assay/modules/prometheus.lua", HEADED.format("of everybody"))
    assert rows(cli)["assay.prometheus"] == ("global", "of everybody")
    write("modules/prometheus.lua", HEADED.format("of this project"))
    assert rows(cli)["assay.prometheus"] == ("project", "of this project")


def test_the_global_folder_can_be_moved_or_switched_off(cli, write, tmp_path):
    write(".assay/modules/mine.lua", HEADED.format("at home"))
    write("elsewhere/other.lua", HEADED.format("elsewhere"))
    assert rows(cli)["assay.mine"] == ("global", "at home")
    moved = rows(cli, env={"ASSAY_MODULES_PATH": str(tmp_path / "elsewhere")})
    assert "assay.mine" not in moved
    assert moved["assay.other"] == ("global", "elsewhere")
    assert "assay.mine" not in rows(cli, env={"ASSAY_MODULES_PATH": ""})


def test_only_lua_files_at_the_top_of_a_folder_count(cli, write, tmp_path):
    for path in ("modules/a.txt", "modules/deep/b.lua", "modules/c.d.lua"):
        write(path)
    (tmp_path / "modules/folder.lua").mkdir()
    done = cli("modules")
    assert [name for name, (source, _) in rows(cli).items() if source == "project"] == ["assay.c.d"]
    assert done.stderr == b""


def test_a_long_name_is_not_cut(cli, write):
    name = "a_module_with_a_name_of_more_than_thirty_letters"
    write(f"modules/{name}.lua", HEADED.format("long"))
    assert f"\nassay.{name} project    long\n" in cli("modules").stdout.decode()


@pytest.mark.parametrize(
    ("text", "report"),
    [
        pytest.param("return (", "./modules/bad.lua: syntax error: ./modules/bad.lua:1: ", id="syntax error"),
        pytest.param(b"return '\xff'", "./modules/bad.lua: not UTF-8", id="not UTF-8"),
        pytest.param(
            "--- @quickref f(x) gives y\nreturn {}", "./modules/bad.lua: line 1: @quickref must be", id="header"
        ),
    ],
)
def test_a_broken_file_is_reported_with_its_path_and_hides_no_other(cli, write, text, report):
    write("modules/bad.lua", text)
    write("modules/good.lua", HEADED.format("sound"))
    done = cli("modules")
    assert done.returncode == 0
    assert done.stderr.decode().startswith(f"warning: {report}")
    assert rows(cli)["assay.good"] == ("project", "sound")


def test_a_module_is_never_run(cli, write, tmp_path):
    write("modules/eager.lua", "io.open('ran', 'w'):close() print('it was run')")
    assert b"it was run" not in cli("modules").stdout
    assert not (tmp_path / "ran").exists()


def test_control_characters_in_a_description_do_not_reach_the_terminal(cli, write):
    write("modules/odd.lua", HEADED.format("\x1b[31mred"))
    assert b"\x1b" not in cli("modules").stdout


def test_json_has_signatures_and_keywords(cli, write):
    write("modules/mine.lua", "--- @description Mine\n--- @env A, B\n--- @quickref M.f(x) -> int | Count\nreturn {}")
    listed = {entry["name"]: entry for entry in json.loads(cli("modules", "--json").stdout)}
    assert listed["assay.mine"] == {
        "name": "assay.mine", "source": "project", "category": "", "description": "Mine", "keywords": [],
        "env": ["A", "B"], "functions": [{"signature": "M.f(x)", "returns": "int", "description": "Count"}],
    }  # fmt: skip
    assert listed["json"]["category"] == "builtins"


def test_a_category_is_listed_alone(cli):
    assert "http" in rows(cli, "--category", "builtins")
    assert set(rows(cli, "--category", "monitoring")) & {"http", "assay.prometheus"} == {"assay.prometheus"}


def test_an_unknown_category_names_the_known_ones(cli):
    done = cli("modules", "--category", "x")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: there is no category 'x' (known: ")
    assert b" builtins, " in done.stderr
