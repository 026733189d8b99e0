"""One-sided word boundaries between known neighbours."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.regex import syntax
from assay_shell.runtime.builtins.regex.looks import ALWAYS, NEVER, neighbours, plain_form
from assay_shell.runtime.builtins.regex.parser import parse
from assay_shell.runtime.builtins.regex.syntax import Concat, Look, Node

EDGE = syntax.WORD_EDGE
NO_EDGE = syntax.NO_WORD_EDGE


def form(pattern: str) -> str | None:
    """What the one boundary in *pattern* comes to."""
    root = parse(pattern).root
    parts: list[Node] = root.parts if isinstance(root, Concat) else [root]
    one_sided = (syntax.WORD_START, syntax.WORD_END, syntax.WORD_START_HALF, syntax.WORD_END_HALF)
    (place,) = (at for at, part in enumerate(parts) if isinstance(part, Look) and part.kind in one_sided)
    boundary = parts[place]
    assert isinstance(boundary, Look)
    return plain_form(boundary.kind, *neighbours(parts, place))


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        pytest.param(r"\b{start}\w+", EDGE, id="start before a word"),
        pytest.param(r"\b{start}(?:foo|(b)ar)", EDGE, id="start before words to choose from"),
        pytest.param(r"\b{start}(?:foo|b?)", None, id="start before what may be empty"),
        pytest.param(r"\b{start}a*", None, id="start before what may be missing"),
        pytest.param(r"\b{start}.", None, id="start before anything"),
        pytest.param(r"\b{start}-", NEVER, id="start before a dash"),
        pytest.param(r"-\b{start}", EDGE, id="start behind a dash"),
        pytest.param(r"a\b{start}", NEVER, id="start inside a word"),
        pytest.param(r"^\b{start}", EDGE, id="start of the text"),
        pytest.param(r"(?m)^\b{start}", EDGE, id="start of a line"),
        pytest.param(r"(?mR)^\b{start}", EDGE, id="start of a line behind CR LF"),
        pytest.param(r"\b{start}$", NEVER, id="start at the end of the text"),
        pytest.param(r"\w+\b{end}", EDGE, id="end behind a word"),
        pytest.param(r"\b{end}\s", EDGE, id="end before a blank"),
        pytest.param(r"\b{end}(?m:$)", EDGE, id="end before the end of a line"),
        pytest.param(r"-\b{end}", NEVER, id="end behind a dash"),
        pytest.param(r"\b{end}a", NEVER, id="end inside a word"),
        pytest.param(r"(?:ab{1,2})\b{end}", EDGE, id="end behind a repetition"),
        pytest.param(r"a?\b{end}", None, id="end behind what may be missing"),
        pytest.param(r"\b{start-half}a", EDGE, id="half start before a word"),
        pytest.param(r"\b{start-half}-", NO_EDGE, id="half start before a dash"),
        pytest.param(r"-\b{start-half}", ALWAYS, id="half start behind a dash"),
        pytest.param(r"a\b{start-half}", NEVER, id="half start inside a word"),
        pytest.param(r"a\b{end-half}", EDGE, id="half end behind a word"),
        pytest.param(r"-\b{end-half}", NO_EDGE, id="half end behind a dash"),
        pytest.param(r"\b{end-half}-", ALWAYS, id="half end before a dash"),
        pytest.param(r"\b{end-half}a", NEVER, id="half end inside a word"),
        pytest.param(r"\b{start}\b\B(?:^)a", EDGE, id="other conditions between"),
        pytest.param(r"\b{start}(^)", None, id="a condition in a group"),
        pytest.param(r"\b{start}", None, id="alone"),
        pytest.param(r"\b{start}(?:\b)", None, id="nothing but conditions"),
    ],
)
def test_a_boundary_has_the_plain_form_that_its_neighbours_allow(pattern: str, plain: str | None) -> None:
    assert form(pattern) == plain


def test_a_long_row_of_conditions_is_not_searched_to_its_end() -> None:
    assert form(r"\b{start}" + r"\b" * 20 + "a") is None
