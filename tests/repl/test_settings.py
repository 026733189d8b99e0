"""What may be set, and what is said of what may not."""

from __future__ import annotations

import pytest

from assay_shell.repl.settings import Settings, read_settings


def test_without_a_file_all_is_as_usual(tmp_path):
    assert read_settings(str(tmp_path / "config.toml")) == (Settings(), [])


def test_all_settings_are_taken(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        'theme = "monokai"\nkeys = "vi"\nformat = "yaml"\nproduction = ["live-*"]\npager = false\n'
        'complete_while_typing = false\nsuggest = false\n[aliases]\nk = "x"\n'
    )
    expected = Settings("monokai", "vi", "yaml", ("live-*",), False, False, False, {"k": "x"})
    assert read_settings(str(path)) == (expected, [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("keys = 1", 'keys: expected "emacs" or "vi", got 1', id="keys"),
        pytest.param('pager = "no"', "pager: expected true or false, got 'no'", id="a switch"),
        pytest.param('production = "prod"', "production: expected a list of patterns", id="patterns"),
        pytest.param('theme = "loud"', "theme: expected a style of Pygments (", id="theme"),
        pytest.param("aliases = 1", "aliases: expected a table such as", id="aliases"),
        pytest.param("kees = 1", "there is no setting 'kees'; did you mean keys?", id="an unknown one"),
        pytest.param("keys = ", "Invalid value", id="no TOML"),
        pytest.param("\xff", "", id="no UTF-8"),
    ],
)
def test_a_wrong_setting_names_itself_and_the_others_hold(tmp_path, text, fault):
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("latin-1"))
    settings, (said,) = read_settings(str(path))
    assert settings == Settings()
    assert said.startswith(f"{path}: ")
    assert fault in said
