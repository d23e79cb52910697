"""Models fitted in closed form or by a library: one file each."""
