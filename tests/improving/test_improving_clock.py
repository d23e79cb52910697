from whet.improving.clock import Clock


def test_time_before_a_kill_counts():
    now = [100.0]
    clock = Clock(60.0, spent_before=20.0, now=lambda: now[0])
    now[0] = 110.0
    assert clock.elapsed() == 30.0
    assert clock.left() == 30.0


def test_a_step_is_noted_also_when_it_fails():
    now = [0.0]
    clock = Clock(None, now=lambda: now[0])
    try:
        with clock.step("work"):
            now[0] = 4.0
            raise RuntimeError
    except RuntimeError:
        pass
    assert clock.timings == [("work", 4.0)]
    assert clock.left() == float("inf")
