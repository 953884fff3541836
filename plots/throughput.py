#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/throughput.png: packets per second by traffic, of each configuration.

A panel per swept option: the searched rate with some loss where there was a search, else what
came back while the host sent as fast as it could. Lines are 95% intervals over restarts; one
that leaves the panel has an arrow.
"""
import common

METRICS = ("throughput_pdr_conditional_pps", "packets_per_second")
TITLES = {"throughput_pdr_conditional_pps": "searched: the highest rate with some loss",
          "packets_per_second": "as fast as the host sends"}
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
COLUMNS = 2


def collect(run):
    """(metric, {variant: {configuration: {traffic: row}}}); the reference comes first."""
    for metric in METRICS:
        panels = {}
        for row in run.summary:
            cell = run.plan[row["cell"]]
            if cell["role"] != "listed" or row["median"] is None:
                continue
            if row["metric"] not in (metric, f"reference_{metric}"):
                continue
            panel = panels.setdefault(row["variant"], {cell["reference"]: {}})
            name = cell["reference" if row["metric"] != metric else "configuration"]
            panel.setdefault(name, {}).setdefault(row["frame_size"], row)
        if panels:
            return metric, panels
    return None, {}


def draw_panel(axes, curves, traffics, colours):
    highest = max(row["median"] for rows in curves.values() for row in rows.values())
    for i, (name, rows) in enumerate(curves.items()):
        offset = (i - (len(curves) - 1) / 2) * 0.5 / max(len(curves), 2)
        x = [traffics.index(traffic) + offset for traffic in rows]
        y = [row["median"] for row in rows.values()]
        fidelity = next(iter(rows.values()))["fidelity"] if rows else ""
        axes.plot(x, y, marker=common.traffic_marker(i), color=colours[name], linewidth=1,
                  label=f"{name} ({fidelity})")
        for at, row in zip(x, rows.values()):
            draw_interval(axes, at, row, colours[name], 1.3 * highest)
    axes.set_ylim(0, 1.3 * highest)
    axes.yaxis.set_major_formatter(lambda value, _: common.number(value) if value else "0")
    axes.set_ylabel("packets per second")
    axes.set_xlim(-0.6, len(traffics) - 0.4)
    common.label_places(axes, [(traffic, "") for traffic in traffics])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)


def draw_interval(axes, x, row, colour, top):
    low, high = row["ci_low"], row["ci_high"]
    if low is None or high is None:
        return
    axes.plot([x, x], [max(low, 0), min(high, top)], color=colour, linewidth=1.5)
    if high > top:
        axes.plot(x, top, "^", color=colour, markersize=5, clip_on=False)


def draw(pyplot, run):
    metric, panels = collect(run)
    if not panels:
        return None
    traffics = common.in_order(traffic for panel in panels.values()
                               for rows in panel.values() for traffic in rows)
    names = common.in_order(name for panel in panels.values() for name in panel)
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    figure, grid = pyplot.subplots(lines, columns, squeeze=False,
                                   figsize=(max(6, 1.3 * len(traffics)) * columns, 1 + 3.4 * lines))
    for axes, (variant, curves) in zip(grid.flat, panels.items()):
        draw_panel(axes, curves, traffics, colours)
        axes.set_title(variant or TITLES[metric], loc="left")
    for axes in list(grid.flat)[len(panels):]:
        axes.axis("off")
    figure.suptitle(f"{run.name}: throughput\n{run.workload} on {run.machine}", fontweight="bold")
    return figure


if __name__ == "__main__":
    common.main(draw, "throughput.png")
