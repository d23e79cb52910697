"""Improve a model on a table in memory, look at the ledger, and use the model.

python examples/improve_a_table.py [FOLDER]
"""

import sys

from sklearn.datasets import load_wine

import whet

frame = load_wine(as_frame=True).frame
run = whet.improve(frame, target="target", budget=None, epochs=2, out=sys.argv[1] if len(sys.argv) > 1 else "runs/wine")
print(run.ledger[["stage", "change", "before", "after", "verdict"]].to_string(index=False))
print(run.model.predict(frame.drop(columns="target").head(3)))
