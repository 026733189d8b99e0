"""`assay context`: the modules for a task, and what is always there."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay_shell.runtime.modules import module_files
from tests.support.command import Command

BUILTINS = "## Built-in Functions (always available, no require needed)\n"


def found(cli: Command, *arguments: str, **options) -> list[str]:
    lines = cli("context", *arguments, **options).stdout.decode().splitlines()
    return [line.removeprefix("### ") for line in lines if line.startswith("### ")]


def module_names() -> list[str]:
    """The modules that come with the package."""
    return [file.name for file in module_files({}) if file.source == "builtin"]


@pytest.fixture
def module(tmp_path: Path):
    def write(name: str, *header: str, code: str = "return {}", folder: str = "modules") -> None:
        path = tmp_path / folder / f"{name}.lua"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"--- {line}\n" for line in header) + code)

    return write


def test_the_page_has_modules_with_env_and_methods_then_the_builtin_functions(cli, module):
    module(
        "pager", "@description Calls people", "@keywords zebra", "@env PAGER_URL, PAGER_TOKEN",
        "@quickref c:call(name) -> bool | Ring somebody",
    )  # fmt: skip
    done = cli("context", "zebra")
    assert (done.returncode, done.stderr) == (0, b"")
    head, mark, functions = done.stdout.decode().partition(BUILTINS)
    assert mark
    assert head == (
        "# Assay Module Context\n\n## Matching Modules\n\n### assay.pager\nCalls people\nEnv: PAGER_URL, PAGER_TOKEN\n"
        "Methods:\n  c:call(name) -> bool | Ring somebody\n\n"
    )
    assert functions.startswith("http.get(url, opts?) -> {status, body, headers}\n")
    assert len(functions.splitlines()) == 24


def test_what_stands_above_functions_is_shown_with_them(cli, module):
    code = """
--- A client, with a
--- number. Options: `token`.
--- Errors: none.
--- Example: `local c = require("assay.pager").client("http://x")`
function M.client(url, opts) end

--- Rings somebody.
---
--- Twice, if need be.
--- Errors: nobody is there, or
--- the line is busy.
--- Example: `c:call("ana")`
--- @effect write
function Client:call(name) end
"""
    module("pager", "@description Calls people", "@quickref c:call(name) -> bool | Ring", code=code)
    shown = cli("context", "people", "--no-builtins").stdout.decode()
    assert shown.partition("Methods:\n")[2] == (
        "  M.client(url, opts?) -> client | Make a client\n"
        "      A client, with a number. Options: `token`.\n"
        "      Errors: none.\n"
        '      Example: local c = require("assay.pager").client("http://x")\n'
        "  c:call(name) -> bool | Ring\n"
        "      Rings somebody. Twice, if need be.\n"
        "      Errors: nobody is there, or the line is busy.\n"
        '      Example: c:call("ana")\n'
        "\n"
    )


def test_nothing_found_is_said(cli):
    shown = cli("context", "nothinglikethis").stdout.decode()
    assert shown.startswith("# Assay Module Context\n\nNo matching modules found.\n")
    assert BUILTINS in shown


def test_the_builtin_functions_can_be_left_out(cli):
    assert BUILTINS not in cli("context", "json", "--no-builtins").stdout.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("sha256", ["crypto"], id="a keyword"),
        pytest.param("jwt_sign", ["crypto"], id="a phrase"),
        pytest.param("JSON parse", ["json"], id="case does not count"),
        pytest.param("json nonsense", [], id="all words must match"),
        pytest.param('json" OR "yaml', [], id="operators have no meaning"),
        pytest.param("!!! --- ***", [], id="nothing left"),
        pytest.param("", [], id="empty"),
        pytest.param("traefik", ["assay.traefik"], id="a module's own name"),
    ],
)
def test_a_query_finds(cli, query, names):
    assert found(cli, "--", query) == names


def test_weights_follow_the_recipe(cli, module):
    module("by_description", "@description zebra", "@keywords other")
    module("by_keyword", "@description other", "@keywords zebra")
    module(
        "by_function", "@description other", "@keywords other", code="local M = {}\nfunction M.zebra() end\nreturn M"
    )
    assert found(cli, "zebra")[0] == "assay.by_keyword"
    assert set(found(cli, "zebra")) == {"assay.by_keyword", "assay.by_description", "assay.by_function"}


ORIGINAL_ORDER = {
    "monitoring": "grafana prometheus loki healthcheck alertmanager",
    "gitops": "argocd kargo flux",
    "kubernetes": "kargo k8s certmanager eso crossplane flux velero",
    "readiness": "k8s certmanager eso crossplane flux",
    "alerts": "alertmanager prometheus grafana flux",
    "issue": "github vault",
    "gmail": "gmail email_triage oauth2",
    "email": "email_triage gmail zitadel",
    "gcal": "oauth2 gcal",
    "oauth2": "gmail oauth2 gcal ory hydra",
    "token": "oauth2 unleash vault hydra gmail",
    "refresh token": "oauth2 gmail gcal hydra",
    "openclaw": "email_triage openclaw",
    "rollout": "k8s unleash",
    "workflow": "temporal email_triage openclaw",
    "schedule": "velero gcal temporal",
    "wait": "sleep healthcheck argocd kargo certmanager eso k8s temporal unleash vault",
}
"""What the original answers, best first."""


@pytest.mark.parametrize("query", ORIGINAL_ORDER)
def test_modules_rank_as_in_the_original(cli, query):
    there = {*module_names(), "sleep"}
    full = [name if name == "sleep" else f"assay.{name}" for name in ORIGINAL_ORDER[query].split()]
    expected = [name for name in full if name in there]
    assert [name for name in found(cli, query, "-l", "50") if name in expected] == expected


ALONE = {
    "agent": "openclaw", "approve": "openclaw", "cron": "openclaw", "calendar": "gcal", "meeting": "gcal",
    "graphql": "github", "pull request": "github", "github": "github", "send email": "gmail", "triage": "email_triage",
    "classify": "email_triage", "inbox": "email_triage", "email_triage": "email_triage",
}  # fmt: skip


@pytest.mark.parametrize("query", ALONE)
def test_a_query_that_one_module_answered_finds_it_first(cli, query):
    assert found(cli, query)[:1] == [f"assay.{ALONE[query]}"]


@pytest.mark.parametrize("name", ["prometheus", "alertmanager", "loki", "grafana", "traefik"])
def test_a_short_name_finds_its_own_module_alone(cli, name):
    assert found(cli, name) == [f"assay.{name}"]


def test_names_and_signatures_append_hits_after_the_ranked_ones(cli, module):
    module("vaultlike", "@description nothing", "@quickref M.zebra_stripes(n) -> int | Count")
    module("ranked", "@description zebra")
    assert found(cli, "zebra") == ["assay.ranked", "assay.vaultlike"]
    assert found(cli, "assay.prometheus") == ["assay.prometheus"]
    assert found(cli, "stripes") == ["assay.vaultlike"]


@pytest.mark.parametrize("group", ["shell", "process", "disk", "os", "temporal"])
def test_groups_that_the_original_has_no_entry_for_are_found_with_their_functions(cli, group):
    shown = cli("context", group).stdout.decode()
    assert f"### {group}\n" in shown
    assert f"\n  {group}." in shown


def test_at_most_five_are_shown_unless_told_otherwise(cli, module):
    for number in range(8):
        module(f"m{number}", "@description zebra")
    assert len(found(cli, "zebra")) == 5
    assert len(found(cli, "zebra", "-l", "7")) == 7
    assert len(found(cli, "--limit=100", "zebra")) == 8  # before the query too
    assert found(cli, "zebra", "-l", "0") == []
    assert len(found(cli, "zebra", "-l", str(2**64 - 1))) == 8


def test_a_module_that_is_overridden_is_neither_searched_nor_shown_twice(cli, module):
    module("prometheus", "@description zebra")
    module("prometheus", "@description lion", folder=".assay/modules")
    assert found(cli, "zebra") == ["assay.prometheus"]
    assert found(cli, "promql") == found(cli, "lion") == []


def test_a_broken_module_is_reported_and_the_others_are_found(cli, module):
    module("bad", "@description zebra", code="return (")
    module("good", "@description zebra")
    done = cli("context", "zebra")
    assert done.stderr.startswith(b"warning: ./modules/bad.lua: syntax error: ")
    assert b"### assay.good\n" in done.stdout


def test_a_query_of_thousands_of_words_is_answered(cli):
    assert found(cli, "word " * 5000) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "'context' needs a query", id="no query"),
        pytest.param(["a", "b"], "'context' takes no argument 'b' here", id="two"),
        pytest.param(["a", "-l", "x"], "'x' is no value of '--limit <NUMBER>'", id="bad limit"),
    ],
)
def test_wrong_use_is_named(cli, arguments, message):
    done = cli("context", *arguments)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("query", "module"),
    [
        pytest.param("silence an alert", "assay.alertmanager", id="an article"),
        pytest.param("restart deployment", "assay.k8s", id="what is said of a function"),
        pytest.param("how do I get the logs of a pod", "assay.k8s", id="a question"),
    ],
)
def test_words_that_only_make_a_sentence_do_not_hide_a_module(cli: Command, query: str, module: str) -> None:
    assert f"### {module}" in cli("context", query).stdout.decode()


def test_fillers_alone_find_nothing(cli: Command) -> None:
    assert "No matching modules found." in cli("context", "how to do it").stdout.decode()
