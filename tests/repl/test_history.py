"""The history file."""

from __future__ import annotations

import asyncio
import json

from assay_shell.repl.history import SharedHistory


def history(tmp_path, project="/p", hide=str, tell=str):
    return SharedHistory(str(tmp_path / "folder/history.jsonl"), project, hide, tell)


def test_lines_of_the_project_come_first_each_once(tmp_path):
    for project, text in (("/q", "theirs"), ("/p", "one"), ("/q", "one"), ("/p", "two"), ("/p", "one")):
        history(tmp_path, project).store_string(text)
    assert history(tmp_path).load_history_strings() == ["one", "two", "theirs"]


def test_only_its_owner_may_read_it(tmp_path):
    history(tmp_path).store_string("x")
    assert (tmp_path / "folder/history.jsonl").stat().st_mode & 0o777 == 0o600


def test_what_must_not_be_kept_is_masked_or_left_out(tmp_path):
    kept = history(tmp_path, hide=lambda text: text.replace("secret", "***"))
    kept.store_string("a secret")
    kept.store_string(" nobody's business")
    assert history(tmp_path).load_history_strings() == ["a ***"]


def test_lines_that_somebody_broke_are_passed_over(tmp_path):
    kept = history(tmp_path)
    kept.store_string("good")
    with (tmp_path / "folder/history.jsonl").open("ab") as file:
        file.write(b'\xff{}\n[1]\n{"project": "/p"}\nhalf a line')
    assert history(tmp_path).load_history_strings() == ["good"]


def test_a_long_file_loses_its_beginning(tmp_path):
    kept = history(tmp_path)
    for index in range(50):
        kept.store_string(f"{index} " + "x" * 100_000)
    found = list(history(tmp_path).load_history_strings())
    assert found[0].startswith("49 ")
    assert 10 < len(found) < 50


def test_a_folder_that_cannot_be_written_is_told_once_and_is_no_failure(tmp_path):
    (tmp_path / "folder").write_text("a file")
    told: list[str] = []
    kept = history(tmp_path, tell=told.append)
    kept.store_string("x")
    kept.store_string("y")
    assert told == [f"what you type is not kept: {tmp_path}/folder/history.jsonl: File exists (os error 17)"]
    assert list(kept.load_history_strings()) == []


def test_a_line_that_a_killed_shell_left_half_written_costs_no_other(tmp_path):
    history(tmp_path).store_string("before")
    with (tmp_path / "folder/history.jsonl").open("ab") as file:
        file.write(b'{"time": 1, "project": "/p", "te')
    history(tmp_path).store_string("behind")
    assert list(history(tmp_path).load_history_strings()) == ["behind", "before"]


def test_a_full_disk_is_told(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/history.jsonl").symlink_to("/dev/full")
    told: list[str] = []
    history(tmp_path, tell=told.append).store_string("x")
    assert told[0].endswith("No space left on device (os error 28)")


def test_bytes_that_are_no_text_do_not_shift_what_is_read_next(tmp_path):
    async def load():
        return [text async for text in second.load()]

    first, second = history(tmp_path), history(tmp_path)
    first.store_string("one")
    with (tmp_path / "folder/history.jsonl").open("ab") as file:
        file.write(b"\xff\xfe\xfd\xc3\n")
    assert asyncio.run(load()) == ["one"]
    first.store_string("two")
    second.catch_up()
    assert second.get_strings() == ["one", "two"]


def test_a_link_stays_a_link_when_the_file_is_shortened(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "elsewhere.jsonl").write_bytes(b"")
    (tmp_path / "folder/history.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    kept = history(tmp_path)
    for index in range(50):
        kept.store_string(f"{index} " + "x" * 100_000)
    assert (tmp_path / "folder/history.jsonl").is_symlink()
    assert (tmp_path / "elsewhere.jsonl").stat().st_size < 5 << 20
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["elsewhere.jsonl", "folder", "history.jsonl"]


def test_several_lines_stay_one_input(tmp_path):
    history(tmp_path).store_string("if x then\n  y()\nend")
    (line,) = (tmp_path / "folder/history.jsonl").read_text().splitlines()
    assert json.loads(line)["text"] == "if x then\n  y()\nend"
