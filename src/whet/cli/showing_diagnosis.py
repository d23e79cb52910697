"""What a run knows about its model on a terminal; it goes to standard output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.text import Text

from whet.cli.showing import console
from whet.cli.showing_audit import COLOURS
from whet.finding import Finding
from whet.report.visible import visible

if TYPE_CHECKING:
    from whet.improving.explaining_run import RunDiagnosis

__all__ = ["print_run"]

MOST_UNASKED = 6


def print_run(run: RunDiagnosis, *, as_json: bool = False) -> None:
    """Each finding with what was tried for it; then what was tried without one."""
    from whet.diagnosis.plain import as_plain
    from whet.improving.explaining_run import row_words

    if as_json:
        print(json.dumps({"version": 1, **as_plain(run.to_dict())}, indent=2))
        return
    out = console()
    out.print(Text(_line(run.headline), style="bold"))
    if not run.is_finished:
        out.print("The run has not ended: more may be found and tried.")
    if not run.answered:
        out.print("Nothing was found that holds the model back.")
    for each in run.answered:
        out.print(_told(each.finding), soft_wrap=True)
        for row in each.tried:
            out.print(Text(f"    tried: {_line(row_words(row, run.metric))}"), soft_wrap=True)
        if not each.tried:
            advice = _line(each.finding.advice)
            out.print(Text(f"    nothing was tried for it{f'; you can: {advice}' if advice else ''}"), soft_wrap=True)
    if run.unasked:
        out.print("Tried without a finding that asks for it:")
    for row in run.unasked[:MOST_UNASKED]:
        out.print(Text(f"    {_line(row_words(row, run.metric))}"), soft_wrap=True)
    if len(run.unasked) > MOST_UNASKED:
        out.print(f"    and {len(run.unasked) - MOST_UNASKED} more; whet ledger lists them")


def _told(finding: Finding) -> Text:
    return Text.assemble((f"{finding.level:9}", COLOURS[finding.level]), " ", _line(finding.statement))


def _line(text: str) -> str:
    """On one line, with nothing in it that a terminal would obey."""
    return visible(" ".join(text.split()))
