"""What the shell shows of kubeconfigs: whatever is wrong with a file, the shell starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assay_shell.session.kubeconfig import Context, read

USUAL = """
current-context: here
contexts:
- {name: here, context: {cluster: one, namespace: shop}}
- {name: there, context: {cluster: gone}}
clusters:
- {name: one, cluster: {server: "https://one.example"}}
"""


def test_contexts_have_their_cluster_namespace_and_server(tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(USUAL)
    found = read({"HOME": str(tmp_path)})
    assert found.shown == "here/shop"
    assert found.contexts == {
        "here": Context("one", "shop", "https://one.example"),
        "there": Context("gone", "default"),
    }


def test_the_context_that_was_chosen_is_the_one_in_use(tmp_path):
    path = tmp_path / "config"
    path.write_text(USUAL)
    assert read({"KUBECONFIG": str(path), "ASSAY_KUBE_CONTEXT": "there"}).shown == "there/default"


def test_nothing_is_known_without_a_kubeconfig():
    assert read({}).shown == ""


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"a: [", id="no YAML"),
        pytest.param(b"- 1", id="a list"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"contexts: 7\nclusters: {a: b}\ncurrent-context: [x]", id="odd types"),
        pytest.param(b"contexts: [7, {name: 5}, {name: x, context: 6}]\nclusters: [null, {name: y}]", id="odd entries"),
        pytest.param(b"a: " + b"[" * 100_000, id="deep"),
    ],
)
def test_what_is_wrong_in_one_file_hides_nothing_of_the_others(tmp_path: Path, broken: bytes):
    (tmp_path / "broken").write_bytes(broken)
    (tmp_path / "fine").write_text(USUAL)
    paths = [str(tmp_path / name) for name in ("missing", "broken", "fine")]
    assert read({"KUBECONFIG": os.pathsep.join(paths)}).contexts["here"].namespace == "shop"
