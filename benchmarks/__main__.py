"""Run one benchmark, or all: ``python -m benchmarks [NAME] [options of that benchmark]``."""

from __future__ import annotations

import importlib
import sys

NAMES = {
    "judge_simulation": "null ledgers, planted gains and interval coverage of the judge, simulated",
    "loop_overhead": "the training loop against a hand-written one on the same tensors",
    "loop_speed": "the training loop against plain PyTorch on tensors and with a DataLoader, three networks",
    "loop_speed_pictures": "the training loop against DataLoaders that crop and mirror, or decode PNG files",
    "seeds_together": "three seeds of a small network in one loop over one seed alone",
    "time_to_accuracy": "seconds of training to an accuracy; cifar10 needs --data DIR",
    "startup": "seconds for `whet --help` and `import whet`",
    "coverage": "does the test interval cover the score on fresh examples: 60 small runs",
    "figures": "accuracy on real data within a budget: needs --data DIR, see README.md",
    "compare_families": "kinds of model side by side on real data: needs --data DIR",
    "adding_problem": "how far back a simple RNN, an LSTM and a GRU learn from: lengths 10 to 200",
    "few_shot_text": "ten labels a class with a pretrained encoder: needs --data DIR",
    "transfer_pictures": "a backbone of other pictures, then 20 a class: needs --data DIR",
    "masked_pretraining": "masked modelling of texts, then 500 labels: needs --data DIR",
    "audit_speed": "an audit of up to a million rows: seconds and peak memory",
    "attention_speed": "own attention against that of PyTorch, same weights",
    "more_data": "forecasts of what more examples bring, half of real data hidden: needs --data DIR",
    "doubted_labels": "how many labels are doubted rightly where the quick model is weak: needs --data DIR",
    "label_errors": "which wrong labels are found, and what treating them is worth: needs --data DIR",
    "split_leaks": "planted copies across a split, and a speaker nobody declared: needs --data DIR",
    "planted_defects": "faults planted into clean data, what the audit finds: needs --data DIR",
    "watch_overhead": "what watching a training costs, three networks",
    "damaged_table": "a table with written units, two scales and placeholders, improved",
    "diagnosed_cases": "the six cases of docs/diagnosing-a-model.md",
    "clinic": "faulty and healthy training scripts: verdicts, false alarms, cures",
    "clinic.real_case": "an own ResNet on CIFAR-10 with four planted flaws: needs --data DIR",
    "portfolio": "what each change was worth on other data: the planner's expectations",
    "planner_order": "the planner's order of remedies against a random one; real runs need --data DIR",
    "ensembles": "the ensemble over the best single model, and what distilling keeps of it",
    "fidelities": "do cheap looks rank as full trainings do, and what do they cost: four kinds",
    "search_methods": "grid, random and Bayesian search at 30 trials on three small tasks",
    "tuning_kills": "kill -9 at random moments of a tuning: what is lost",
    "exact_budgets": "how far runs of 10 to 60 s end over their budget, four kinds of data",
    "scaling": "cost per example from 10,000 to 80,000, and data five times larger than --memory",
    "tables": "write the tables of README.md from the stored results",
    "plots": "draw the curves of README.md from the stored results",
}


def main(arguments: list[str]) -> int:
    names = [arguments[0]] if arguments and not arguments[0].startswith("-") else list(NAMES)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; known:", file=sys.stderr)
        for name, what in NAMES.items():
            print(f"  {name:18} {what}", file=sys.stderr)
        return 2
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"== {name}: {NAMES[name]}", flush=True)
        module.main(arguments[1:] if len(names) == 1 else [])
    return 0


sys.exit(main(sys.argv[1:]))
