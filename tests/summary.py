#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adds up what several ctest runs found.

    summary.py NAME=FILE...     FILE: as ctest --output-junit writes it

Lists each test that failed, and each that was skipped (wholly, or in part) with the
reason it printed ("SKIP: ..."), then one closing line. Exits 1 if any failed or none
ran.
"""
import sys
import xml.etree.ElementTree as xml

SKIPPED_BY_ITSELF = "SKIP_RETURN_CODE="


def skip_reasons(case):
    lines = (case.findtext("system-out") or "").splitlines()
    return [line.partition("SKIP:")[2].strip() for line in lines if line.startswith("SKIP:")]


def verdict(case):
    """passed, failed or skipped. A test whose program is missing has failed."""
    status = case.get("status")
    if status == "run":
        return "passed"
    skipped = case.find("skipped")
    if status == "disabled":
        return "skipped"
    if skipped is not None and skipped.get("message", "").startswith(SKIPPED_BY_ITSELF):
        return "skipped"
    return "failed"


def note(run, case, result):
    """The line to print of one test, or None."""
    reasons = "; ".join(skip_reasons(case))
    label = f"{run}: {case.get('name')}"
    if result == "failed":
        return f"failed    {label}"
    if result == "skipped":
        return f"skipped   {label}: {reasons or case.get('status') + ', no reason given'}"
    return f"in part   {label}: skipped {reasons}" if reasons else None


def main():
    runs = [argument.partition("=")[::2] for argument in sys.argv[1:]]
    if not runs or not all(name and file for name, file in runs):
        sys.exit(__doc__)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    notes = []
    for name, file in runs:
        for case in xml.parse(file).getroot().iter("testcase"):
            result = verdict(case)
            counts[result] += 1
            notes.append(note(name, case, result))
    print()
    for line in sorted(filter(None, notes)):
        print(line)
    print(", ".join(f"{count} {result}" for result, count in counts.items()))
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
