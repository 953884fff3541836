#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/latency.png: how frames' latencies are distributed, by configuration.

A panel per traffic and swept option (rate): the share of frames that came back within a time.
Time is on a logarithmic axis, and the share on one that is stretched towards both ends, so
that the tail which clients wait for is seen as well as the middle. Points are quantiles of all
slices of a restart together, as means over restarts.
"""
import re

import common

METRIC = re.compile(r"(reference_)?latency_pooled_p(\d+)_ns")
COLUMNS = 2
INSIDE = 4  # curves that a panel's empty corner has room to name; more are named beside the panels
LINES = ["-", "--", ":", "-."]
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]


def share_of(digits):
    """p5, p50, p999: 5%, 50%, 99.9%."""
    return int(digits) / 10 ** max(2, len(digits))


def collect(run):
    """{place: {configuration: ([ns], [share], fidelity)}}; the reference comes first."""
    places = {}
    restarts = {(row["cell"], row["metric"].startswith("reference_")): row.get("n")
                for row in run.summary if row["metric"].endswith("latency_pooled_frames")}
    for row in run.summary:
        match = METRIC.fullmatch(row["metric"])
        cell = run.plan[row["cell"]]
        if not match or cell["role"] != "listed" or row["median"] is None:
            continue
        # What only some restarts had frames enough for does not belong on the others' curve.
        if row.get("n") != restarts.get((row["cell"], bool(match[1]))):
            continue
        name = cell["reference" if match[1] else "configuration"]
        curves = places.setdefault(common.place_of(row), {cell["reference"]: {}})
        points = curves.setdefault(name, {})
        points.setdefault(share_of(match[2]), (row["median"], row["fidelity"]))
    return places


def draw_place(axes, place, curves, styles, named):
    for name, points in curves.items():
        shares = sorted(points)
        colour, line = styles[name]
        axes.plot([points[share][0] for share in shares], shares, color=colour, linestyle=line,
                  marker=".", label=f"{name} ({points[shares[0]][1]})" if shares else None)
    axes.set_xscale("log")
    axes.set_yscale("logit")
    ticks = [0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999]
    axes.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(0.008, 0.99995)
    axes.grid(axis="x", which="major")
    axes.xaxis.set_major_formatter(lambda ns, _: duration(ns))
    axes.set_title(common.place_label(place).replace("\n", ", "), loc="left")
    axes.set_xlabel("from when a frame was due to its return")
    axes.set_ylabel("frames that came back by then")
    if named:
        axes.legend(loc="lower right")


def duration(ns):
    for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= scale:
            return f"{ns / scale:g} {unit}"
    return f"{ns:g} ns"


def draw(pyplot, run):
    places = collect(run)
    if not places:
        return None
    names = common.in_order(name for curves in places.values() for name in curves)
    styles = {name: (COLOURS[i % len(COLOURS)], LINES[i // len(COLOURS) % len(LINES)])
              for i, name in enumerate(names)}
    columns = min(COLUMNS, len(places))
    rows = -(-len(places) // columns)
    beside = len(names) > INSIDE
    figure, grid = pyplot.subplots(rows, columns + beside, squeeze=False,
                                   figsize=(5.5 * columns + 3 * beside, 1 + 3.4 * rows),
                                   width_ratios=[5.5] * columns + [3] * beside)
    panels = list(grid[:, :columns].flat)
    for axes, (place, curves) in zip(panels, places.items()):
        draw_place(axes, place, curves, styles, not beside)
    for axes in panels[len(places):] + list(grid[:, columns:].flat):
        axes.axis("off")
    if beside:
        curves = {label: handle for axes in panels
                  for handle, label in zip(*axes.get_legend_handles_labels())}
        grid[0, columns].legend(curves.values(), curves.keys(), loc="upper left", borderaxespad=0)
    figure.suptitle(f"{run.name}: latency\n{run.workload} on {run.machine}", fontweight="bold")
    return figure


if __name__ == "__main__":
    common.main(draw, "latency.png")
