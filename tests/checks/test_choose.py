from __future__ import annotations

import pytest

from assay_shell.checks.choose import selected
from assay_shell.runtime.errors import UsageError
from tests.checks.conftest import Load

TEXT = """
version: 2
checks:
  - {name: login, type: http}
  - {name: api, type: http, tags: [fast, web], depends_on: login}
  - {name: db, type: sql, tags: slow}
  - {name: shop, type: http, tags: web, matrix: {region: [eu, us]}}
"""


@pytest.mark.parametrize(
    ("tags", "names", "expected"),
    [
        pytest.param([], [], ["login", "api", "db", "shop [eu]", "shop [us]"], id="all"),
        pytest.param(["slow"], [], ["db"], id="tag"),
        pytest.param(["fast"], [], ["login", "api"], id="tag with needs"),
        pytest.param(["slow", "fast"], [], ["login", "api", "db"], id="tags"),
        pytest.param([], ["shop"], ["shop [eu]", "shop [us]"], id="matrix by its name"),
        pytest.param([], ["shop [us]"], ["shop [us]"], id="one of a matrix"),
        pytest.param([], ["d*", "login"], ["login", "db"], id="pattern"),
        pytest.param(["web"], ["shop*"], ["shop [eu]", "shop [us]"], id="both"),
    ],
)
def test_tags_and_names_choose(load: Load, tags: list[str], names: list[str], expected: list[str]) -> None:
    assert [check.name for check in selected(load(TEXT), tags, names).checks] == expected


@pytest.mark.parametrize(
    ("tags", "names", "message"),
    [
        (["fats"], [], "no check has the tag 'fats'; did you mean fast?"),
        ([], ["logn"], "no check is called 'logn'; did you mean login?"),
    ],
)
def test_what_chooses_nothing_is_wrong_use(load: Load, tags: list[str], names: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        selected(load(TEXT), tags, names)
    assert str(caught.value) == message
