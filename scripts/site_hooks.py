"""What the site needs beside its settings: a navigation made of the pages that exist, and the pages as Markdown."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

GUIDES = ("index", "scripts", "checks", "shell", "notebooks", "agents", "python-api", "comparison")
"""In the order in which one reads them; others follow by name."""
_HEADING = re.compile(r"^## (.+)$")
_PAGE = re.compile(r"^- \[([^\]]+)\]\(([^)]+)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the navigation: the guides, then the reference by category."""
    folder = Path(config["docs_dir"])
    others = sorted({path.stem for path in folder.glob("*.md")} - {*GUIDES, "reference"})
    guides = [f"{name}.md" for name in (*GUIDES, *others) if (folder / f"{name}.md").exists()]
    config["nav"] = [*guides, {"Reference": ["reference.md", *categories(folder / "reference.md")]}]
    return config


def on_post_build(config: MkDocsConfig) -> None:
    """Put the Markdown beside the pages made of it: that is what llms.txt links to."""
    source, site = Path(config["docs_dir"]), Path(config["site_dir"])
    for path in source.rglob("*.md"):
        shutil.copyfile(path, site / path.relative_to(source))


def categories(index: Path) -> list[dict[str, list[dict[str, str]]]]:
    """The sections of the index, each with its pages."""
    found: list[dict[str, list[dict[str, str]]]] = []
    pages: list[dict[str, str]] = []
    for line in index.read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.match(line):
            pages = []
            found.append({heading[1]: pages})
        elif page := _PAGE.match(line):
            pages.append({page[1]: page[2]})
    return found
