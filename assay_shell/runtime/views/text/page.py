"""What text is written for: its width, how much of a view, colours, and what its encoding can carry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.views.text.glyphs import RICH, Glyphs, glyphs_for
from assay_shell.runtime.views.text.width import cut, width_of

_CONTROLS = {
    **{code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))},
    **{0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)},
    **{code: f"\\u{{{code:x}}}" for code in (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))},
    0xFEFF: "\\u{feff}",
    0x09: "\\t",
    0x0A: "\\n",
    0x0D: "\\r",
}
"""Control characters, stray bytes, and what would turn the direction of a line: shown, not obeyed."""
_IN_LINES = {**_CONTROLS, 0x09: "    "}
_IN_LINES.pop(0x0A)


@dataclass(frozen=True)
class Page:
    """Where text goes. A *width* of None means that lines may be as long as they are; *limit* counts lines."""

    width: int | None = 80
    limit: int | None = None
    colour: bool = False
    encoding: str = "utf-8"

    @cached_property
    def glyphs(self) -> Glyphs:
        """The signs for drawing."""
        return glyphs_for(self.encoding)

    def paint(self, text: str, code: str) -> str:
        """*text* in the colour of an ANSI *code*, where there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text else text

    def line(self, text: str) -> str:
        """*text* as a part of one line: control characters and what the encoding lacks become escapes."""
        if text.isascii() and text.isprintable():
            return text
        return self._carried(text.translate(_CONTROLS))

    def lines(self, text: str) -> list[str]:
        """*text* as the lines that it has."""
        text = text.replace("\r\n", "\n")
        if not (text.isascii() and text.isprintable()):
            text = self._carried(text.translate(_IN_LINES))
        return text.split("\n")

    def fit(self, text: str, width: int) -> str:
        """*text*, cut so that it fills at most *width* columns."""
        return text if width_of(text) <= width else cut(text, width, self.glyphs.ellipsis)

    def _carried(self, text: str) -> str:
        if self.glyphs is not RICH:
            text = text.replace(MASK, self.glyphs.mask).replace("…", self.glyphs.ellipsis)
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        except LookupError:
            return text.encode("ascii", "backslashreplace").decode()
        return text
