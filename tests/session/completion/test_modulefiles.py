"""Modules are found where `require` finds them, and functions lead back to theirs."""

from __future__ import annotations

import pytest

from assay_shell.session.completion.modulefiles import ModuleFiles


@pytest.mark.parametrize(
    ("chunk", "module"),
    [
        pytest.param("@assay/vault.lua", "assay.vault", id="one of ours"),
        pytest.param("@./modules/shop.lua", "assay.shop", id="one of the project"),
        pytest.param("@assay/nothing.lua", "", id="an unknown one"),
        pytest.param("=<input 1>", "", id="an input"),
        pytest.param("=[assay]", "", id="the core"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_chunk_leads_to_its_module(chunk, module):
    assert ModuleFiles().at(chunk) == module


def test_a_shared_part_leads_to_the_modules_that_are_made_of_it():
    assert ModuleFiles().using(["@assay/lib.sigv4.lua"]) == ["assay.s3"]
    assert "assay.vault" in ModuleFiles().using(["@assay/lib.rest.lua"])


def test_modules_of_the_user_come_from_their_folder(tmp_path, monkeypatch):
    (tmp_path / "own.lua").write_text("--- @description My own\nreturn {}")
    monkeypatch.setenv("ASSAY_MODULES_PATH", str(tmp_path))
    found = ModuleFiles()
    assert dict(found.described())["assay.own"] == "My own"
    entry = found.entry("assay.own")
    assert entry is not None
    assert entry.source == "global"
