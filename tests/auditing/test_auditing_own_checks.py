"""A user's own check is one small file."""

import pytest

import whet
from whet.auditing.checks_from_file import checks_from_file
from whet.errors import ConfigError

OWN = '''
from dataclasses import dataclass

from whet.finding import Finding


@dataclass(frozen=True, kw_only=True)
class TooWide:
    """Irises wider than a limit."""

    most: float = 4.0
    title: str = "irises that are too wide"
    effort: int = 0

    def check(self, inspection):
        width = inspection.data.columns["sepal width (cm)"].values
        rows = inspection.data.rows[width > self.most]
        if len(rows):
            yield Finding(symptom="TooWide", severity=0.4, statement=f"{len(rows)} are wider than {self.most} cm.",
                          count=len(rows), total=len(width), rows=tuple(rows.tolist()))


TOO_WIDE = TooWide()
'''


def test_a_file_with_a_check_is_run_and_can_be_configured(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    (own,) = checks_from_file(tmp_path / "mine.py")
    found = whet.audit("sklearn:iris", checks=["class_imbalance"], also=[own], settings={"TooWide": {"most": 4.1}})
    assert [f.statement for f in found.findings] == ["2 are wider than 4.1 cm."]
    assert len(found.rows("TooWide")) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [("x = 1", "holds no check"), ("1 / 0", "ZeroDivisionError"), ("def f(:", "SyntaxError")],
)
def test_a_file_that_is_no_use_is_refused(tmp_path, content, said):
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(ConfigError, match=said):
        checks_from_file(tmp_path / "mine.py")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        checks_from_file(tmp_path / "mine.py")
