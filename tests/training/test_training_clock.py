from __future__ import annotations

import pytest
from training_world import StandingClock

from whet.recipe import Length
from whet.training.clock import TrainingClock
from whet.training.ending import Ending
from whet.training.validation import num_marks


def test_epochs_alone_make_progress_a_function_of_the_step():
    clock = TrainingClock(Length(epochs=2), now=StandingClock(1.0))
    clock.begin_steps(steps_per_epoch=10)
    assert [clock.progress(s) for s in (0, 5, 20)] == [0.0, 0.25, 1.0]
    assert not clock.is_over(19)
    assert clock.is_over(20)


def test_fractions_of_an_epoch_count():
    clock = TrainingClock(Length(epochs=0.25))
    clock.begin_steps(steps_per_epoch=8)
    assert clock.num_steps == 2


def test_whichever_ends_first_ends_the_training():
    clock = TrainingClock(Length(seconds=10, epochs=1), now=StandingClock(0.0))
    clock.begin_steps(steps_per_epoch=4)
    assert clock.progress(2) == 0.5
    assert clock.is_over(4)
    clock.now = lambda: 9.0
    assert clock.progress(0) == pytest.approx(0.9)


def test_time_is_kept_free_for_the_end():
    clock = TrainingClock(Length(seconds=10, epochs=None), now=lambda: 0.0)
    clock.begin_steps(steps_per_epoch=4)
    clock.reserve_s = 4.0
    clock.now = lambda: 5.9
    assert clock.progress(3) == pytest.approx(5.9 / 6.0)
    assert clock.is_over(3)  # a fourth step would end at 7.9 s


def test_the_first_step_is_always_taken():
    clock = TrainingClock(Length(seconds=1, epochs=None), now=lambda: 0.0)
    clock.now = lambda: 50.0
    clock.begin_steps(steps_per_epoch=4)
    assert clock.is_late()
    assert not clock.is_over(0)
    assert clock.is_over(1)


def test_a_continued_training_counts_what_was_spent():
    clock = TrainingClock(Length(seconds=10, epochs=None), now=lambda: 0.0)
    clock.begin_steps(steps_per_epoch=4)
    clock.resume(step=7, first_s=1.0, spent_s=8.0)
    assert clock.elapsed() == 8.0
    assert clock.progress(7) == pytest.approx(7.0 / 9.0)


def test_evaluations_cost_about_five_percent_unless_needed():
    marks = num_marks(trained=20_000, evaluated=300, is_needed=False)
    assert marks * 300 / 3 <= 0.05 * 20_000 < (marks + 1) * 300 / 3
    assert num_marks(trained=100, evaluated=300, is_needed=False) == 1
    assert num_marks(trained=100, evaluated=300, is_needed=True) == 10
    assert num_marks(trained=None, evaluated=300, is_needed=False) == 20


def test_the_ending_scores_fewer_training_examples_where_time_is_short():
    ending = Ending(num_valid=0, num_train=10_000, seconds=1.0, each_s=1e-4)
    assert ending.train_sample() == 300
    ending.seconds = None
    assert ending.train_sample() == 5_000
