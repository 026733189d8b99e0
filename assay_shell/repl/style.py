"""Colours: the shell's own, or those of a Pygments style."""

from __future__ import annotations

from prompt_toolkit.styles import Style, merge_styles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prompt_toolkit.styles import BaseStyle

_OWN = {
    "prompt": "bold ansicyan",
    "pygments.keyword": "bold ansiblue",
    "pygments.keyword.constant": "ansicyan",
    "pygments.literal.string": "ansigreen",
    "pygments.literal.number": "ansicyan",
    "pygments.comment": "italic ansibrightblack",
    "pygments.name.function": "ansimagenta",
}
_PARTS = {
    "bottom-toolbar": "noreverse",
    "status": "reverse",
    "status.production": "noreverse bg:ansired fg:ansiwhite bold",
    "signature": "noreverse",
    "signature.current": "noreverse bold underline",
    "signature.summary": "noreverse fg:ansibrightblack",
    "matching-bracket.cursor": "bold underline",
    "matching-bracket.other": "bold underline",
}


def style(theme: str) -> BaseStyle:
    """Return the shell's colours; with a *theme*, code in those of that Pygments style."""
    parts = Style.from_dict(_PARTS)
    if not theme:
        return merge_styles([Style.from_dict(_OWN), parts])
    from prompt_toolkit.styles.pygments import style_from_pygments_cls
    from pygments.styles import get_style_by_name

    return merge_styles([style_from_pygments_cls(get_style_by_name(theme)), parts])
