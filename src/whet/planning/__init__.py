"""In which order to try things: what is expected of a change, how sure that is, and what a second of it buys."""
