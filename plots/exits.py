#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/exits.png: what exited, how often (left) and for how long (right), by exits.csv.

On the right a line goes from the shortest exit to the longest one, with a dot at the median and a
bar at p99; a reason that was never timed has none. Rows of one reason in several cells
of a run are shown as one: their counts added, the median of their medians, the worst p99.
"""
import statistics

import common

ROWS = 24  # more cannot be read; the rarest are left out, and that is said
COLOURS = {"kvm": "#0072B2", "emulated": "#E69F00"}
LATENCIES = ("ns_min", "ns_p50", "ns_p99", "ns_max")


class Exits:
    """The rows of exits.csv, one for each reason and origin, most frequent first."""

    def __init__(self, folder):
        self.folder, groups = folder, {}
        for row in common.read_csv(folder, "exits.csv", ("reason", "origin"),
                                   ("count", *LATENCIES)):
            if row["origin"] not in COLOURS or row["count"] is None:
                raise common.Damaged(f"{folder}/exits.csv: damaged: origin {row['origin']}, "
                                     f"count {row['count']}")
            groups.setdefault((row["reason"], row["origin"]), []).append(row)
        rows = [self.together(key, group) for key, group in groups.items()]
        self.rows = sorted(rows, key=lambda row: -row["count"])

    @staticmethod
    def together(key, group):
        timed = [row for row in group if None not in (row[name] for name in LATENCIES)]
        merge = {"ns_min": min, "ns_p50": statistics.median, "ns_p99": max, "ns_max": max}
        return {"reason": key[0], "origin": key[1], "count": sum(row["count"] for row in group),
                "times": [merge[name]([row[name] for row in timed]) for name in LATENCIES]
                if timed else None}


def duration(ns):
    for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= scale:
            return f"{ns / scale:g} {unit}"
    return f"{ns:g} ns"


def count(number):
    return f"{number:.0f}" if number < 1000 else common.number(number)


def draw_counts(axes, rows):
    for y, row in enumerate(rows):
        axes.barh(y, row["count"], 0.7, color=COLOURS[row["origin"]])
        axes.annotate(count(row["count"]), (row["count"], y), (3, 0),
                      textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda n, _: count(n))
    axes.minorticks_off()
    axes.set_xlim(0.5, 10 * max(row["count"] for row in rows))
    axes.set_yticks(range(len(rows)), [row["reason"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title("how often", loc="left")


def draw_times(axes, rows):
    for y, row in enumerate(rows):
        if row["times"]:
            least, median, p99, most = (max(ns, 1) for ns in row["times"])
            colour = COLOURS[row["origin"]]
            axes.plot([least, most], [y, y], color=colour, linewidth=1.5)
            axes.plot(median, y, marker="o", color=colour)
            axes.plot(p99, y, marker="|", markersize=11, markeredgewidth=2, color=colour)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda ns, _: duration(ns))
    axes.minorticks_off()
    axes.set_title("for how long: least, median (dot), p99 (bar), most", loc="left")


def draw(pyplot, exits):
    rows = [row for row in exits.rows if row["count"] > 0][:ROWS]
    if not rows:
        return None
    figure, (left, right) = pyplot.subplots(
        1, 2, sharey=True, figsize=(11, 1.4 + 0.27 * len(rows)), width_ratios=(2, 3))
    draw_counts(left, rows)
    draw_times(right, rows)
    for axes in (left, right):
        axes.grid(axis="x")
        axes.grid(False, axis="y")
    handles = [pyplot.matplotlib.patches.Patch(color=COLOURS[origin], label=origin)
               for origin in common.in_order(row["origin"] for row in rows)]
    figure.legend(handles=handles, loc="upper right")
    left_out = len(exits.rows) - len(rows)
    figure.suptitle("VM exits" + (f" (the {left_out} rarest left out)" if left_out else ""),
                    fontweight="bold")
    return figure


if __name__ == "__main__":
    common.main(draw, "exits.png", Exits)
