"""One file per plot: ``draw(data) -> Markup`` gives an HTML snippet, empty where there is nothing to draw."""
