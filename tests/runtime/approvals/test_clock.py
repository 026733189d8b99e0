from __future__ import annotations

import pytest

from assay_shell.runtime.approvals.clock import Clock, Moment, age


@pytest.mark.parametrize(
    ("then", "now", "seconds"),
    [
        pytest.param(Moment(100, "b", 10), Moment(160, "b", 70), 60, id="time goes on"),
        pytest.param(Moment(100, "b", 10), Moment(-900, "b", 70), 60, id="clock set back: the uptime tells"),
        pytest.param(Moment(100, "b", 10), Moment(5000, "b", 70), 4900, id="clock set forward: the clock tells"),
        pytest.param(Moment(100, "b", 900), Moment(160, "c", 3), 60, id="started anew: the clock tells"),
        pytest.param(Moment(100, "b", 900), Moment(-900, "c", 3), float("inf"), id="both: nobody can tell"),
        pytest.param(Moment(100), Moment(90), -10, id="a small correction"),
        pytest.param(Moment(100), Moment(-900), float("inf"), id="set back, without a boot"),
    ],
)
def test_setting_the_clock_back_makes_nothing_younger(then: Moment, now: Moment, seconds: float) -> None:
    assert age(then, now) == seconds


def test_the_machine_s_own_clock_goes_on() -> None:
    clock = Clock()
    then = clock.now()
    assert 0 <= age(then, clock.now()) < 5
