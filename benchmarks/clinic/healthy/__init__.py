"""Scripts with which nothing is wrong, however odd some look."""
