"""An audit with invented edits, so that copies are tested without any check."""

from dataclasses import replace

from whet.auditing.audit import run_checks
from whet.auditing.fixing.write import CleanedCopy
from whet.auditing.opening import open_inspection
from whet.finding import Edit, Finding


def finding(*edits, symptom="invented", **fields):
    return Finding(symptom=symptom, severity=0.5, statement="Invented.", edits=edits, **fields)


def drop(*rows, certain=True):
    return Edit(action="drop_rows", rows=rows, certain=certain)


def drop_column(name, certain=True):
    return Edit(action="drop_column", column=name, certain=certain)


def put(column, values, certain=True):
    return Edit(action="set_values", rows=tuple(values), column=column, values=tuple(values.values()), certain=certain)


def audited(source, findings, **opening):
    inspection = open_inspection(source, **opening)
    return replace(run_checks(inspection, only=[]), findings=tuple(findings)), inspection


def clean(source, folder, *findings, labels="review", review=None, **opening):
    audit, inspection = audited(source, findings, **opening)
    return CleanedCopy(source, folder, labels=labels, review=review).write(audit, inspection)
