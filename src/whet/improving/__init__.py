"""The loop itself: planner, runner, ensemble."""
