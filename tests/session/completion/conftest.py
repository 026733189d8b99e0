"""A completer over a session that can be typed into."""

from __future__ import annotations

import pytest

from assay_shell.session.completion import Completer

CURSOR = "▮"


@pytest.fixture
def completer(typed):
    """The completer of the session in `typed`."""
    return Completer(typed.session)


@pytest.fixture
def offered(completer):
    """What is offered at the cursor mark of a source, as shown in a menu."""

    def names(source):
        before, _, after = source.partition(CURSOR)
        return [candidate.shown for candidate in completer.complete(before + after, len(before)).items]

    return names


@pytest.fixture
def completed(completer):
    """The source with the first candidate put in the place of what was typed."""

    def text(source):
        before, _, after = source.partition(CURSOR)
        whole = before + after
        found = completer.complete(whole, len(before))
        return whole[: found.start] + found.items[0].text + whole[found.end :]

    return text


@pytest.fixture
def help_at(completer):
    """The signature help at the cursor mark of a source."""

    def signature(source):
        before, _, after = source.partition(CURSOR)
        return completer.signature(before + after, len(before))

    return signature
