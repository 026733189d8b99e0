"""`require`: where it looks, in which order, and what it says when it finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder with no other module folders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ASSAY_MODULES_PATH", raising=False)
    return tmp_path


def write(path: Path, code: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code)


def test_bare_names_are_files_of_the_current_folder(run, folder):
    write(folder / "helpers.lua", "return { name = ..., n = 1 }")
    write(folder / "a" / "b.lua", "return 'nested'")
    write(folder / "pack" / "init.lua", "return 'package'")
    assert run("return { require('helpers').name, require('a.b'), require('pack') }") == [
        "helpers",
        "nested",
        "package",
    ]


def test_sources_are_tried_in_the_contracts_order(run, folder, monkeypatch):
    places = [folder / "assay" / "x.lua", folder / "modules" / "x.lua", folder / "home/.assay/modules/x.lua"]
    for number, place in enumerate(places):
        write(place, f"return {number}")
    assert run("package.preload['assay.x'] = function() return 'preload' end return require('assay.x')") == "preload"
    for number, place in enumerate(places):
        assert run("return require('assay.x')") == number
        place.unlink()


def test_the_global_folder_can_be_moved_or_switched_off(run, fails, folder, monkeypatch):
    write(folder / "home/.assay/modules/x.lua", "return 'home'")
    write(folder / "elsewhere/x.lua", "return 'elsewhere'")
    monkeypatch.setenv("ASSAY_MODULES_PATH", str(folder / "elsewhere"))
    assert run("return require('assay.x')") == "elsewhere"
    monkeypatch.setenv("ASSAY_MODULES_PATH", "")
    assert "no embedded stdlib file: x.lua" in fails("require('assay.x')")


def test_dots_in_assay_names_are_part_of_the_file_name(run, folder):
    write(folder / "modules" / "a.b.lua", "return 'dotted'")
    assert run("return require('assay.a.b')") == "dotted"


def test_lua_path_is_honoured(cli, tmp_path):
    write(tmp_path / "lib" / "m.lua", "return 'found'")
    result = cli("exec", "-e", "print(require('m'))", env={"LUA_PATH_5_5": f"{tmp_path}/lib/?.lua;;"})
    assert result.stdout == b"found\n"


def test_what_is_not_found_is_listed_with_all_places(fails, folder):
    message = fails("require('nope.x')")
    assert message.startswith("module 'nope.x' not found:\n\tno field package.preload['nope.x']\n")
    assert "no file './nope/x.lua'" in message
    assert "can't load C modules in safe mode" in message
    assert message.count("not an assay.* module: nope.x") == 2


def test_unreadable_and_non_utf8_modules_count_as_absent(fails, folder):
    (folder / "modules").mkdir()
    (folder / "modules" / "bad.lua").write_bytes(b"return '\xff'")
    assert "no embedded stdlib file: bad.lua" in fails("require('assay.bad')")


def test_results_are_cached_and_nothing_returned_means_true(run, folder):
    write(folder / "counted.lua", "N = (N or 0) + 1")
    assert run("return { require('counted'), require('counted'), N }") == [True, True, 1]
    assert run("return select('#', require('string'))") == 1


def test_a_syntax_error_in_a_module_names_the_module_file(fails, folder):
    write(folder / "modules" / "broken.lua", "return (")
    assert fails("require('assay.broken')").startswith("syntax error: ./modules/broken.lua:1: ")
    write(folder / "plain.lua", "return (")
    assert "error loading module 'plain' from file './plain.lua'" in fails("require('plain')")


def test_a_module_body_may_wait(run, folder):
    write(folder / "slow.lua", "sleep(0.01) return 'waited'")
    assert run("return require('slow')") == "waited"


def test_tasks_that_need_a_module_which_is_loading_share_one_load(run, folder):
    write(folder / "slow.lua", "N = (N or 0) + 1 sleep(0.02) return { N }")
    code = "return async.map({1, 2, 3}, function() return require('slow')[1] end)"
    assert run(code) == [1, 1, 1]


def test_a_circle_is_an_error_that_shows_it(fails, folder):
    write(folder / "a.lua", "require('b')")
    write(folder / "b.lua", "require('c')")
    write(folder / "c.lua", "require('a')")
    assert "module 'a' requires itself: a -> b -> c -> a" in fails("require('a')")


def test_a_module_that_failed_can_be_tried_again(run, folder):
    write(folder / "flaky.lua", "TRIES = (TRIES or 0) + 1 if TRIES == 1 then error('first') end return TRIES")
    assert run("pcall(require, 'flaky') return require('flaky')") == 2


@pytest.mark.parametrize("name", ["assay.../vm", "assay./etc/passwd", "assay.lib", "assay.lib.../x", "assay."])
def test_embedded_names_cannot_leave_their_folder(fails, folder, name):
    assert "not found" in fails(f"require('{name}')")


@pytest.mark.parametrize("value", ["nil", "{}", "true"])
def test_a_name_that_is_no_string_is_refused(fails, value):
    assert "bad argument #1 to 'require' (string expected" in fails(f"require({value})")


def test_a_module_may_start_with_a_hash_line(run, folder):
    write(folder / "tool.lua", "#!/usr/bin/assay\nreturn 'ran'")
    assert run("return require('tool')") == "ran"
