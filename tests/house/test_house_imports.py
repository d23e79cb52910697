"""Imports point one way, and importing whet is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import whet

ROOT = Path(whet.__file__).parent
# from the ground up; a module may import its own tier and those before it
TIERS = [
    [
        "errors",
        "registry",
        "rng",
        "state",
        "files",
        "stored_state",
        "recipe",
        "finding",
        "budget",
        "memory",
        "spreadsheet",
    ],
    ["data"],
    ["tasks"],
    ["models", "augment"],
    ["evaluation"],
    ["training"],
    ["ensembling"],
    ["watching"],
    ["ledger"],
    ["report"],
    ["diagnosis"],
    ["remedies"],
    ["search"],
    ["planning"],
    ["bundle", "testing"],
    ["explaining", "auditing"],
    ["engine"],
    ["improving", "comparing", "pretraining"],
    ["tuning"],
    ["api"],
    ["cli"],
    ["__main__"],
]
TIER_OF = {room: level for level, rooms in enumerate(TIERS) for room in rooms}
TYPES_ONLY = {("evaluation", "training")}


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts != ("__init__",):
            yield path, parts[0]


def imported_rooms(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("whet"):
            names = [node.module] if node.module != "whet" else [f"whet.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names if a.name.startswith("whet")]
        for name in names:
            if "." in name:
                yield name.split(".")[1], node.lineno


def test_every_room_has_a_tier():
    assert {room for _, room in modules()} == set(TIER_OF)


def test_no_import_points_upwards():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for path, room in modules()
        for target, line in imported_rooms(path)
        if target in TIER_OF and TIER_OF[target] > TIER_OF[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_plugins_do_not_import_the_loop_that_uses_them():
    lower = {"data", "tasks", "models", "augment", "evaluation", "training", "ledger", "diagnosis", "remedies"}
    assert not [p for p, room in modules() if room in lower for t, _ in imported_rooms(p) if t in ("improving", "cli")]


@pytest.mark.parametrize("heavy", ["torch", "pandas", "sklearn", "matplotlib", "numpy"])
def test_importing_whet_imports_nothing_heavy(heavy):
    code = f"import sys, whet; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_command_line_shows_its_help_without_torch():
    code = "import sys, whet.cli.main; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    "call",
    [
        "whet.improve('nowhere.csv', target='y')",
        "whet.improve('sklearn:iris', target='no such column')",
        "whet.improve('sklearn:iris', budget='soon')",
        "whet.tune('sklearn:iriss')",
        "whet.compare('nowhere.csv')",
        "whet.audit('nowhere.csv')",
        "whet.advise('sklearn:iriss')",
        "whet.resume('nowhere')",
        "whet.load('nowhere')",
    ],
)
def test_what_is_mistyped_is_refused_before_torch_is_imported(call, tmp_path):
    code = f"import sys, whet\ntry: {call}\nexcept whet.WhetError: sys.exit('torch' in sys.modules)\nsys.exit(1)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_public_names_are_importable_and_no_others_are_promised():
    for name in whet.__all__:
        assert getattr(whet, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        whet.no_such_name


def test_a_room_is_there_without_importing_it_by_name():
    code = "import whet; print(whet.explaining.explain.__name__)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "explain\n"


def test_no_file_is_long_and_nothing_is_unpickled():
    for path, _ in modules():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 800, path
        for banned in ("import pickle", "joblib.load", "torch.load(", "allow_pickle=True"):
            assert banned not in text, f"{path}: {banned}"


def test_no_global_seed_is_set_outside_the_one_helper():
    for path, _ in modules():
        text = path.read_text(encoding="utf-8")
        if path.name != "rng.py":
            assert "random.seed(" not in text, path
