"""A completer over a session that can be typed into."""

from __future__ import annotations

import pytest

from assay_shell.session.completion import Completer

CURSOR = "▮"


SHOP = """--- @module assay.shop
--- @description Orders of a shop
--- @quickref c:order(number, part?) -> {id, total}|nil | One order; nil when there is none
--- @quickref c:orders(opts?) -> [{id, total}] | Orders; opts: {limit, state = "open"}
--- @quickref M.wait(url, opts?) -> true | Wait until it answers; opts: {timeout = 60, interval = 2}
local M, Client = {}, {}

-- Asks for one order.
function Client:order(number, part)
  return nil
end

function Client:orders(opts)
  return {}
end

function M.client(url, opts)
  return { url = url, order = Client.order, orders = Client.orders }
end

function M.wait(url, opts)
  return true
end

return M
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The project module `assay.shop` in the folder where the test runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "shop.lua").write_text(SHOP)


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
