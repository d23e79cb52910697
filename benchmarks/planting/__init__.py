"""Clean data of every kind, and faults to plant into them: what an audit should find, and where."""
