from __future__ import annotations

from pathlib import Path

import pytest

from assay_shell.runtime.builtins import GROUPS
from tests.support.command import Command


def test_a_function_is_explained_with_signature_text_errors_and_example(cli: Command) -> None:
    done = cli("docs", "base64.decode")
    assert (done.returncode, done.stderr) == (0, b"")
    parts = done.stdout.decode().split("\n\n")
    assert parts[0] == "base64.decode(text) -> str"
    assert any(part.startswith("Errors:\n  - ") for part in parts)
    assert parts[-1] == 'Example:\n  base64.decode("aGk=")\n'


def test_what_a_function_does_to_the_world_is_said(cli: Command) -> None:
    assert "\n  Writes: refused under --readonly.\n" in cli("docs", "fs.write").stdout.decode()
    assert "\n  Reads: allowed under --readonly.\n" in cli("docs", "fs.read").stdout.decode()


def test_a_group_lists_its_functions(cli: Command) -> None:
    shown = cli("docs", "fs").stdout.decode()
    assert shown.startswith("fs: Filesystem: read and write files\n")
    assert "\n  fs.read(path) -> str\n      " in shown


def test_without_a_name_all_groups_are_listed(cli: Command) -> None:
    listed = [line.split()[0] for line in cli("docs").stdout.decode().splitlines()]
    assert {*GROUPS, "sleep", "time"} <= set(listed)


def test_the_whole_reference_is_markdown(cli: Command) -> None:
    page = cli("docs", "--all").stdout.decode()
    assert page.startswith("# Builtin functions\n\n## ")
    assert "\n### `http.get(url, opts?)`\n" in page
    assert page.count("```") % 2 == 0


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        pytest.param("http.gett", "; did you mean http.get?", id="function"),
        pytest.param("jsn", "; did you mean json?", id="group"),
        pytest.param("zzzzzz", "", id="nothing like it"),
    ],
)
def test_an_unknown_name_suggests_a_near_one(cli: Command, name: str, suggestion: str) -> None:
    done = cli("docs", name)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"error: there is no builtin '{name}'{suggestion}\n"


def test_a_module_is_explained_and_each_of_its_functions(cli: Command) -> None:
    shown = cli("docs", "assay.vault").stdout.decode()
    assert shown.startswith("assay.vault: HashiCorp Vault")
    assert "\n  c:kv_get(mount, key, opts?) -> {data, metadata}|nil\n" in shown
    assert cli("docs", "assay.vault.kv_get").stdout.startswith(b"c:kv_get(mount, key, opts?) -> {data, metadata}|nil\n")


def test_a_method_of_a_handle_is_explained_like_a_function(cli: Command) -> None:
    shown = cli("docs", "client:start_workflow").stdout.decode()
    assert shown.startswith("client:start_workflow(opts) -> {workflow_id, run_id}\n")
    assert "\nErrors:\n  - " in shown
    assert "\nExample:\n  client:start_workflow({ task_queue = " in shown
    assert "\n  Writes: refused under --readonly.\n" in shown


def test_functions_of_one_name_in_several_places_of_a_module_are_told_apart(cli: Command) -> None:
    assert cli("docs", "assay.ory.client").stdout.startswith(b"M.client(url, opts?) -> client\n\n  The clients of")
    kratos = cli("docs", "assay.ory.kratos.client").stdout.decode()
    assert kratos.startswith("ory.kratos.client(opts) -> client\n\n  The module `assay.kratos`.\n")
    assert 'require("assay.ory").kratos.client({ public_url' in kratos


def test_a_module_of_the_project_is_explained_too(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "shop.lua").write_text("--- @description Ours\n--- @quickref M.total() -> number | Sum\n")
    assert cli("docs", "assay.shop").stdout == b"assay.shop: Ours\n\n  M.total() -> number\n      Sum\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("assay.vualt", "there is no module 'assay.vualt'; did you mean assay.vault?", id="module"),
        pytest.param(
            "assay.vault.kv_gte",
            "there is no function 'assay.vault.kv_gte'; did you mean assay.vault.kv_get?",
            id="function",
        ),
    ],
)
def test_an_unknown_name_of_a_module_suggests_a_near_one(cli: Command, name: str, message: str) -> None:
    done = cli("docs", name)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"error: {message}\n"


def test_build_writes_the_pages_and_says_how_many(cli: Command, tmp_path: Path) -> None:
    done = cli("docs", "build", "out/pages")
    files = [path for path in (tmp_path / "out" / "pages").rglob("*") if path.is_file()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"{len(files)} files in out/pages\n"
    assert (tmp_path / "out" / "pages" / "builtins" / "http.md").exists()


def test_build_does_not_document_modules_of_the_project(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "vault.lua").write_text("--- @description Ours\nreturn {}")
    cli("docs", "build", "out")
    assert "HashiCorp" in (tmp_path / "out" / "modules" / "vault.md").read_text()


def test_a_folder_that_cannot_be_written_is_named_with_the_reason(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = cli("docs", "build", "taken")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: writing taken")
    assert b"Not a directory" in done.stderr or b"File exists" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["build"], "'docs build' needs a folder", id="no folder"),
        pytest.param(["http.get", "more"], "'docs' takes no argument 'more' here", id="a name too many"),
        pytest.param(["build", "a", "b"], "'docs' takes no argument 'b' here", id="a folder too many"),
    ],
)
def test_wrong_usage_is_refused(cli: Command, arguments: list[str], message: str) -> None:
    done = cli("docs", *arguments)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"error: {message}\n")
