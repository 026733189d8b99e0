"""Lengths of time as they stand in files of checks: `500ms`, `120s`, `5m`."""

from __future__ import annotations

_UNITS = (("ms", "milliseconds", 0.001), ("s", "seconds", 1.0), ("m", "minutes", 60.0))
_MOST = 2**64


def parse_duration(text: str) -> float:
    """The seconds that *text* means: digits and `ms`, `s` or `m`, with blanks around them at most.

    Raises:
        ValueError: it has another form; the message is the contract's.
    """
    trimmed = text.strip()
    for unit, name, seconds in _UNITS:
        if trimmed.endswith(unit):
            digits = trimmed[: -len(unit)]
            if not (digits.isascii() and digits.isdigit()) or len(digits) > 20 or int(digits) >= _MOST:
                raise ValueError(f'invalid {name} value: "{digits}" is not a whole number')
            return int(digits) * seconds if unit != "ms" else int(digits) / 1000
    raise ValueError(f"unsupported duration format: \"{trimmed}\" (use e.g. '120s', '5m', '500ms')")
