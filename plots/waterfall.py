#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/waterfall.png: from the ideal to naive (all sources), step by step, smallest first.

Steps are Shapley values where there are any: they add up to the whole. Otherwise they are
what each source adds alone, and a last step is what those leave, the interaction. They are
the figures of attribution.csv, also where they cannot be told from noise: those steps are
open, and marked "n.d.". Steps are plain means of differences, naive's own bar is the
geometric mean that the tables have: where restarts differ widely they do not quite meet.

A row per traffic. Where steps are too small to be seen beside the others, a second panel
shows those up to the first large one, on an axis of their own.
"""
import common

SMALL = 0.1  # of what naive adds: steps below that are small
DWARFS = 10  # times all before it: such a step is not small beside them


class Steps:
    """What one traffic's waterfall shows: (name, from, to, row) of each step, ideal and naive."""

    def __init__(self, run, place, ideal, naive):
        self.place, self.ideal, self.naive = place, ideal, naive
        self.steps, level = [], ideal["median"]
        sources = run.sources(place, "shapley") or run.sources(place)
        interaction = sources.pop("interaction", None)
        rows = sorted(sources.values(), key=lambda row: abs(row["cost"]))
        for row in rows + ([interaction] if interaction else []):
            self.steps.append((row["source"], level, level + row["cost"], row))
            level += row["cost"]

    def ends(self, steps):
        """The highest and the lowest level that these steps come to."""
        levels = [0, self.ideal["median"]] + [end for _, a, b, _ in steps for end in (a, b)]
        return max(levels), min(levels)

    def small(self):
        """The small steps before the first large one; none where all or no steps are small."""
        whole = self.naive["median"] - self.ideal["median"]
        steps = []
        for step in self.steps:
            if abs(step[2] - step[1]) >= SMALL * abs(whole):
                break
            steps.append(step)
        if len(steps) > 1 and abs(steps[-1][2] - steps[-1][1]) > DWARFS * abs(steps[-1][1]):
            steps.pop()
        return steps if len(steps) < len(self.steps) else []


def draw_bar(axes, x, bottom, top, label, style):
    low, high = min(bottom, top), max(bottom, top)
    axes.bar(x, high - low, 0.62, bottom=low, **style)
    axes.annotate(label, (x, high), (0, 3), textcoords="offset points", ha="center", va="bottom",
                  fontsize=8)


def draw_steps(axes, steps, shown, colours, with_naive):
    ideal, naive = steps.ideal, steps.naive
    names = ["ideal"] + [name for name, _, _, _ in shown]
    high, low = steps.ends(shown)
    draw_bar(axes, 0, 0, ideal["median"], common.number(ideal["median"]),
             common.bar_style(common.IDEAL_COLOUR, ideal["fidelity"]))
    for x, (name, start, end, row) in enumerate(shown, 1):
        sign = "+" if end >= start else "\u2212"
        told = common.is_told(row)
        draw_bar(axes, x, start, end,
                 sign + common.number(abs(end - start)) + ("" if told else "\nn.d."),
                 common.bar_style(colours[name], row["fidelity"], told))
        axes.plot([x - 1 + 0.31, x - 0.31], [start, start], color="#777777", linewidth=0.8)
    if with_naive:
        names.append(naive["configuration"])
        high = max(high, naive["median"])
        draw_bar(axes, len(names) - 1, 0, naive["median"], common.number(naive["median"]),
                 common.bar_style(common.ABOVE_COLOUR, naive["fidelity"]))
    axes.set_ylim(1.05 * low, high + 0.2 * (high - low))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.7g}")
    axes.set_xticks(range(len(names)), [name.replace("_", "_\n") for name in names], fontsize=8)
    axes.set_xlim(-0.6, len(names) - 0.4)


def collect(run):
    places = common.in_order(common.place_of(row) for row in run.attribution)
    ends = {place: run.ends(place) for place in places}
    return [Steps(run, place, ideal, naive) for place, (naive, ideal) in ends.items()
            if naive and ideal]


def draw(pyplot, run):
    rows = collect(run)
    if not rows:
        return None
    colours = common.source_colours(common.in_order(
        name for steps in rows for name, _, _, _ in steps.steps))
    zoomed = any(steps.small() for steps in rows)
    columns = 2 if zoomed else 1
    figure = pyplot.figure(figsize=(11 if zoomed else 7, 1.2 + 2.9 * len(rows)))
    grid = figure.add_gridspec(len(rows) + 1, columns, height_ratios=[1] * len(rows) + [0.08],
                               hspace=0.05)
    figure.suptitle(f"{run.name}: from {rows[0].naive['reference']} to "
                    f"{rows[0].naive['configuration']}, source by source\n"
                    f"{run.workload} on {run.machine}, TSC at {run.tsc_ghz:.2f} GHz",
                    fontweight="bold")
    fidelities = []
    for i, steps in enumerate(rows):
        label = common.place_label(steps.place).replace("\n", ", ")
        axes = figure.add_subplot(grid[i, 0])
        draw_steps(axes, steps, steps.steps, colours, True)
        axes.set_title(label, loc="left")
        axes.set_ylabel("TSC cycles per packet,\nguest side")
        small = steps.small()
        if small:
            axes = figure.add_subplot(grid[i, 1])
            draw_steps(axes, steps, small, colours, False)
            left_out = [name for name, _, _, _ in steps.steps[len(small):]]
            axes.set_title(f"{label}: the small steps\n(without {', '.join(left_out)})",
                           loc="left")
        fidelities += [steps.ideal["fidelity"], steps.naive["fidelity"]]
    axes = figure.add_subplot(grid[len(rows), :])
    axes.axis("off")
    axes.legend(handles=common.fidelity_handles(pyplot, fidelities)
                + [common.untold_handle(pyplot)], loc="center", ncol=6, title="fidelity")
    return figure


if __name__ == "__main__":
    common.main(draw, "waterfall.png")
