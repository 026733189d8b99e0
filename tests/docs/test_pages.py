"""The pages that `assay docs build` writes: complete, well formed, and linked to what is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay_shell.cli.pages.build import build
from assay_shell.cli.pages.subjects import Subject, subjects

ROOT = Path(__file__).parent.parent.parent
SUBJECTS = subjects()
EACH = [pytest.param(subject, id=subject.path.removesuffix(".md")) for subject in SUBJECTS]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the prose and the reference, as `make docs` makes it."""
    folder = tmp_path_factory.mktemp("docs")
    for path in (ROOT / "docs").glob("*.md"):
        if path.name != "reference.md":
            (folder / path.name).write_text(path.read_text())
    build(folder)
    return folder


def anchors(page: str) -> set[str]:
    """The anchors that Python-Markdown gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page), re.MULTILINE)
    slugs = [re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings]
    assert len(set(slugs)) == len(slugs), "a heading stands twice"
    return set(slugs)


@pytest.mark.parametrize("subject", EACH)
def test_a_page_has_all_that_is_known_of_each_function(site: Path, subject: Subject) -> None:
    page = (site / subject.path).read_text()
    for function in subject.entry.functions:
        section = page.partition(f"\n### {function.name}\n")[2].partition("\n### ")[0]
        assert f"{function.signature} -> {function.returns}\n" in section
        assert all(f"- {error}" in section for error in function.errors)
        assert function.example in section
        assert bool(function.effect) == bool(re.search(r"^\*(Pure|Reads|Writes|Whether).*\*$", section, re.MULTILINE))
        assert all(f"`{key}`" in section for key, _ in subject.options.get(function.name, ()))
    assert all(f"- `{name}`\n" in page for name in subject.env)
    assert f"```lua\n{subject.example}```" in page


@pytest.mark.parametrize("subject", EACH)
def test_each_method_shows_how_it_is_called(subject: Subject) -> None:
    methods = {f.name: f.example for f in subject.entry.functions if ":" in f.name}
    calls = {name: re.compile(rf"[.:]{name.partition(':')[2]}\(") for name in methods}
    assert [name for name, example in methods.items() if not calls[name].search(example)] == []


@pytest.mark.parametrize("subject", EACH)
def test_a_page_is_well_formed(site: Path, subject: Subject) -> None:
    page = (site / subject.path).read_text()
    assert page.count("```") % 2 == 0
    for row in re.findall(r"^\|.*$", FENCED.sub("", page), re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) == 4, row


def test_each_link_leads_somewhere(site: Path) -> None:
    pages = {path: path.read_text() for path in [*site.rglob("*.md"), *site.glob("*.txt")]}
    known = {path: anchors(text) for path, text in pages.items() if path.name != "llms-full.txt"}
    for path, text in pages.items():
        for link in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))):
            file, _, anchor = link.partition("#")
            if "://" in link or file.startswith(("assets/", "../")):
                assert "://" in link or (ROOT / "docs" / file).exists(), f"{path.name}: {link}"
                continue
            target = (path.parent / file).resolve() if file else path
            assert target in pages, f"{path.name}: {link}"
            assert not anchor or anchor in known[target], f"{path.name}: {link}"


def test_the_options_of_a_function_are_told_once(site: Path) -> None:
    section = (site / "builtins/http.md").read_text().partition("\n### http.get\n")[2].partition("\n### ")[0]
    assert "| `timeout` | number | seconds for everything, 30 |" in section
    assert "Options:" not in section


def test_variables_that_a_module_reads_stand_on_its_page(site: Path) -> None:
    assert "- `KUBERNETES_SERVICE_HOST`\n" in (site / "modules/k8s.md").read_text()
    assert "- `GITHUB_TOKEN`\n" in (site / "modules/github.md").read_text()
    assert "- `HTTPS_PROXY`\n" in (site / "builtins/http.md").read_text()


def test_another_name_of_a_module_leads_to_it(site: Path) -> None:
    assert "is the same module as [assay.vault](vault.md)" in (site / "modules/openbao.md").read_text()


def test_the_index_has_every_page_under_its_category(site: Path) -> None:
    index = (site / "reference.md").read_text()
    assert sorted(re.findall(r"^- \[.*?\]\((.*?)\)", index, re.MULTILINE)) == sorted(s.path for s in SUBJECTS)
    secrets = index.partition("\n## Secrets\n")[2].partition("\n## ")[0]
    assert "- [assay.vault](modules/vault.md): " in secrets
    assert index.index("## Builtins") < index.index("## Agent")


def test_the_short_list_is_short_and_names_guides_and_pages(site: Path) -> None:
    text = (site / "llms.txt").read_text()
    assert text.startswith("# assay_shell\n\n> ")
    assert "\n- [Agents](agents.md): How a language model uses assay" in text
    assert all(f"]({subject.path})" in text for subject in SUBJECTS)
    assert len(text) < 20_000


def test_the_full_list_has_every_function_with_errors_and_an_example(site: Path) -> None:
    text = (site / "llms-full.txt").read_text()
    functions = [function for subject in SUBJECTS for function in subject.entry.functions]
    assert [f.name for f in functions if f"\n### {f.signature} -> {f.returns}\n" not in text] == []
    assert [f.name for f in functions if f.example and f.example not in text] == []
    assert [f.name for f in functions for error in f.errors if error not in text] == []


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "mine.md").write_text("# Mine\n")
    written = build(tmp_path)
    assert (tmp_path / "modules" / "mine.md").read_text() == "# Mine\n"
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        *(subject.path for subject in SUBJECTS), "reference.md", "llms.txt", "llms-full.txt",
    }  # fmt: skip


def test_generated_files_stay_out_of_git(site: Path) -> None:
    names = [f"docs/{path.relative_to(site)}" for path in build(site)]
    ask = ["git", "check-ignore", "--stdin"]
    done = subprocess.run(ask, cwd=ROOT, input="\n".join(names), capture_output=True, text=True, check=False)
    assert sorted(done.stdout.split()) == sorted(names)


@pytest.mark.long
@pytest.mark.timeout(120)
def test_the_site_is_built_without_a_warning(site: Path, tmp_path: Path) -> None:
    assets = ROOT / "docs" / "assets"
    if assets.exists():
        os.symlink(assets, site / "assets")
    settings = (ROOT / "mkdocs.yml").read_text()
    settings = settings.replace("docs_dir: docs", f"docs_dir: {site}").replace("scripts/", f"{ROOT}/scripts/")
    (tmp_path / "mkdocs.yml").write_text(settings.replace("site_dir: build/site", f"site_dir: {tmp_path}/site"))
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "site" / "modules" / "vault.html").exists()
    assert (tmp_path / "site" / "modules" / "vault.md").exists()
