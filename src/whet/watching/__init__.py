"""What a training does, step by step, seen from outside: hooks that record and change nothing."""
