"""Which examples are copies of each other, or nearly so: one file per kind of data."""
