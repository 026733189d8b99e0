"""Text inside HTML, SVG and scripts: escaped so that nothing of it is ever read as markup or code."""

from __future__ import annotations

import os
from functools import cache
from html import escape
from json import dumps

_SHOWN = {
    **{code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)},
    **{code: f"\\x{code - 0xDC00:02x}" for code in range(0xDC80, 0xDD00)},
    **dict.fromkeys((*range(55296, 56448), *range(56576, 57344), 65534, 65535), "�"),
    **{code: f"\\u{{{code:x}}}" for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}
"""What HTML and XML cannot hold, and what would turn the direction of text."""


def clean(text: str) -> str:
    """*text* with control characters and stray bytes made visible; line ends and tabs stay."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


def markup(text: object) -> str:
    """*text* for a place between tags or in a quoted attribute."""
    return escape(clean(str(text)))


def script_data(value: object) -> str:
    """*value* as a literal that can stand in an inline script: no sign in it ends the script."""
    return (
        dumps(value, ensure_ascii=False, separators=(",", ":"))
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


@cache
def asset(name: str) -> str:
    """The text of one of the files beside this one."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read().strip()
