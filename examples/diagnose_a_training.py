"""Why does this model not learn? An ordinary script with a mistake, and the diagnosis of it.

python examples/diagnose_a_training.py [FOLDER]
"""

import sys

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import whet

pixels, digits = load_digits(return_X_y=True)
order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))
x, y = torch.tensor(pixels / 16, dtype=torch.float32)[order], torch.tensor(digits)[order]
train = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=32, shuffle=True)
valid = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=256)

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10), nn.Softmax(dim=1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

report = whet.diagnose(model, train, valid, loss=nn.CrossEntropyLoss(), optimizer=optimizer, budget="20s")
print(report)
report.save(sys.argv[1] if len(sys.argv) > 1 else "runs/diagnosis")
