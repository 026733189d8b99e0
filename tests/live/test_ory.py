"""The ory module: clients of all three services from one table, of which Kratos is there."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


def test_the_module_of_all_three_has_the_same_client(kratos):
    options = f"{{ kratos_public = '{kratos.url}', kratos_admin = '{kratos.more['admin']}' }}"
    talk = Talk("ory", f"local o = m.connect({options})")
    assert talk("return { o.kratos:list_schemas()[1].id, o.hydra == nil, o.keto == nil }") == ["person", True, True]
