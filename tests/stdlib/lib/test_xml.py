"""lib/xml.lua: elements by name, also in documents that are odd or broken."""

from __future__ import annotations

import pytest

XML = 'local xml = require("assay.lib.xml") '


@pytest.mark.parametrize(
    ("document", "text"),
    [
        pytest.param("<a><Key>x</Key></a>", "x", id="plain"),
        pytest.param("<KeyCount>1</KeyCount><Key>x</Key>", "x", id="a longer name before it"),
        pytest.param('<Key xml:lang="en">x</Key>', "x", id="attribute"),
        pytest.param("<Key\n>x</Key>", "x", id="line break in the tag"),
        pytest.param("<Key/><Key>x</Key>", "", id="empty"),
        pytest.param("<Key />", "", id="empty with a blank"),
        pytest.param("<Key></Key>", "", id="nothing in it"),
        pytest.param("<Key>x", None, id="never closed"),
        pytest.param("<Key", None, id="cut off"),
        pytest.param("", None, id="empty document"),
        pytest.param("<html>Key</html>", None, id="something else"),
        pytest.param("<Key>a&amp;b&lt;&gt;&quot;&apos;</Key>", "a&b<>\"'", id="entities"),
        pytest.param("<Key>&#65;&#x42;&#233;&#xe9;</Key>", "AB\u00e9\u00e9", id="numbers"),
        pytest.param("<Key>&amp;lt;</Key>", "&lt;", id="once only"),
        pytest.param("<Key>&nope; &#x110000; & &</Key>", "&nope; &#x110000; & &", id="what is no entity stays"),
    ],
)
def test_the_text_of_the_first_element(run, document, text):
    assert run(f"{XML} return xml.text([==[{document}]==], 'Key')") == text


def test_elements_are_found_in_order_and_not_within_others_of_a_longer_name(run):
    document = "<Items><Item>1</Item><ItemX>no</ItemX><Item/><Item>3</Item><Item>open"
    code = f"{XML} local found = {{}} for item in xml.each([[{document}]], 'Item') do found[#found + 1] = item end"
    assert run(f"{code} return found") == ["1", "", "3"]


def test_a_document_of_openings_only_takes_no_longer_than_its_length(run):
    code = f"{XML} local n = 0 for _ in xml.each(string.rep('<Item>', 200000), 'Item') do n = n + 1 end return n"
    assert run(code) == 0


def test_what_is_escaped_comes_back(run):
    every = "local b = {} for i = 0, 255 do b[i + 1] = string.char(i) end local text = table.concat(b)"
    assert run(f"{XML} {every} return xml.unescape(xml.escape(text)) == text") is True
