"""Commands in cells: `%name`, `%%name`, `?name` and `!program` do what they do in the shell."""

from __future__ import annotations

import os

import pytest

from assay_shell.kernel.cells import parts
from tests.kernel.conftest import Notebook, new_manager


def shown(notebook, code):
    """The plain text of all that a cell shows."""
    reply, found = notebook.run(code)
    assert reply["status"] == "ok", reply
    return "\n".join(part["data"]["text/plain"] for part in found if "data" in part)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        pytest.param("return 1", ["return 1"], id="code alone"),
        pytest.param("%ask\nreturn 1", ["%ask", "\nreturn 1"], id="a command, then code on its own line"),
        pytest.param("\n%ask\n\n!ls\nf()", ["%ask", "!ls", "\n\n\n\nf()"], id="several"),
        pytest.param("%%time\nf()\ng()", ["%time\nf()\ng()"], id="for the whole cell"),
        pytest.param("x = 5 % 3\n%ask", ["x = 5 % 3\n%ask"], id="behind code it is code"),
        pytest.param("\n\nf()", ["\n\nf()"], id="blank lines, then code"),
        pytest.param("", [], id="nothing"),
        pytest.param("   \n", [], id="blank"),
    ],
)
def test_a_cell_has_parts(cell, wanted):
    assert parts(cell) == wanted


@pytest.mark.parametrize("cell", ["%time 6 * 7", "%%time\nlocal x = 6\nx * 7"])
def test_time_shows_the_result_and_how_long_it_took(shared, cell):
    text = shown(shared, cell)
    assert text.startswith("42\n")
    assert text.endswith("s")


def test_load_puts_a_file_into_the_next_cell(shared, tmp_path):
    (tmp_path / "file.lua").write_text("print('loaded')\n")
    reply, _ = shared.run(f"%load {tmp_path / 'file.lua'}")
    assert reply["payload"] == [{"source": "set_next_input", "text": "print('loaded')", "replace": False}]


def test_a_cell_is_a_script_of_its_own(shared, tmp_path):
    path = tmp_path / "check.lua"
    shared.run("local here = 1")
    printed = shared.printed(f"%%script {path} a b\nprint('script', #arg, here)\nprint('end')")
    assert "script\t2\tnil\nend\n" in printed
    assert path.read_text() == "print('script', #arg, here)\nprint('end')\n"


def test_a_program_prints_below_its_cell(shared):
    assert shared.printed("!echo from the shell") == "from the shell\n"


def test_modules_and_documentation_are_shown(shared):
    assert "assay.vault" in shown(shared, "%modules secrets vault")
    assert shown(shared, "%doc http.get").startswith("http.get(url, opts?) -> ")
    (page,) = shared.run("?http.get")[0]["payload"]
    assert page["source"] == "page"
    assert page["data"]["text/plain"].startswith("http.get(url, opts?) -> ")


def test_context_lists_and_chooses(jupyter_path, tmp_path):
    config = tmp_path / "config"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: one\n"
        "contexts:\n- {name: one, context: {cluster: c, user: u}}\n"
        "- {name: prod-eu, context: {cluster: c, user: u, namespace: shop}}\n"
        "clusters:\n- {name: c, cluster: {server: 'http://127.0.0.1:1'}}\nusers:\n- {name: u, user: {}}\n"
    )
    manager = new_manager()
    manager.start_kernel(env={**os.environ, "KUBECONFIG": str(config)})
    notebook = Notebook(manager)
    try:
        assert "prod-eu" in shown(notebook, "%context")
        assert shown(notebook, "%context prod-eu").startswith("prod-eu/shop; clients made from now on use it")
        assert "did you mean prod-eu?" in notebook.run("%context prod-ue")[0]["evalue"]
        notebook.client.execute(f"fs.write('{tmp_path / 'x'}', '')", allow_stdin=True)
        assert "fs.write" in notebook.client.get_stdin_msg(timeout=10)["content"]["prompt"], "production asks"
    finally:
        notebook.close()


def test_help_and_errors_name_commands_as_they_are_typed_here(shared):
    text = shown(shared, "%help")
    assert "%readonly" in text
    assert "\n.readonly" not in text
    assert shared.run("%raedonly")[0]["evalue"].startswith("there is no command '%raedonly'; did you mean %readonly?")


@pytest.mark.parametrize(("command", "words"), [("%reveal", "secrets stay masked"), ("%copy", "no clipboard")])
def test_what_a_notebook_cannot_give_is_refused(shared, command, words):
    shared.run("{ password = 'correct-horse-battery' }")
    reply, found = shared.run(command)
    assert words in reply["evalue"]
    assert "correct-horse-battery" not in repr(found)


def test_commands_only_tighten(fresh):
    fresh.run("%readonly")
    assert "read-only already" in shown(fresh, "%ask")
    assert fresh.run("!true")[0]["status"] == "error"


def test_a_command_that_fails_ends_the_cell(shared):
    reply, _ = shared.run("%load /nowhere/at/all\nnever = 1")
    assert reply["status"] == "error"
    assert shared.text("tostring(never)") == "nil"


def test_history_leaves_secrets_out(fresh):
    fresh.run("local password = 'correct-horse-battery'")
    fresh.client.history(hist_access_type="tail", n=5, raw=True, output=False)
    found = fresh.client.get_shell_msg(timeout=10)["content"]["history"]
    assert "password" in repr(found)
    assert "correct-horse-battery" not in repr(found)
