#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/waterfall.png: from the ideal to naive (all sources), step by step, smallest first.

Steps are Shapley values where there are any: they add up to the whole. Otherwise they are
what each source adds alone, and a last step is what those leave, the interaction.

A row per traffic. Where one step dwarfs those before it, a second panel shows the same
steps with its axis cut below that step.
"""
import common

DWARFS = 4  # times what stands before it: then the small steps get a panel of their own


class Steps:
    """What one traffic's waterfall shows: (name, from, to, row) of each step, ideal and naive."""

    def __init__(self, run, place, ideal, naive):
        self.place, self.ideal, self.naive = place, ideal, naive
        self.steps, level = [], ideal["median"]
        values = run.sources(place, "shapley")
        sources = values or run.sources(place)
        interaction = sources.pop("interaction", None)
        for row in sorted(sources.values(), key=lambda row: row["cycles_per_packet"]):
            if row["distinguishable"] == "yes":
                self.steps.append((row["source"], level, level + row["cycles_per_packet"], row))
                level += row["cycles_per_packet"]
        # What is left also holds the sources that were dropped, each too small to tell from zero.
        rest = naive["median"] - level
        name, row = ("rest", naive) if values else ("interaction", interaction)
        if row and abs(rest) >= 0.001 * naive["median"]:
            self.steps.append((name, level, naive["median"], row))

    def highest(self):
        return max([self.naive["median"]] + [max(a, b) for _, a, b, _ in self.steps])

    def cut(self):
        """Where to cut the axis so that the small steps are seen; None when they are anyway."""
        cuts = [low for _, low, high, _ in self.steps
                if high - low > DWARFS * low and low > self.ideal["median"]]
        return cuts[-1] if cuts else None


def draw_bar(axes, x, bottom, top, colour, fidelity, label, limit):
    """One bar with its label; what passes the limit is cut there, and says so."""
    low, high = min(bottom, top), max(bottom, top)
    cut = limit is not None and high > limit
    shown = limit if cut else high
    if limit is not None and low > limit:
        return
    axes.bar(x, shown - low, 0.62, bottom=low, color=colour, edgecolor="#333333",
             linewidth=0.5, hatch=common.hatch(fidelity))
    axes.annotate(label + (" \u2191" if cut else ""), (x, shown), (0, 3),
                  textcoords="offset points", ha="center", va="bottom", fontsize=8)


def draw_steps(axes, steps, colours, limit):
    ideal, naive = steps.ideal, steps.naive
    names = ["ideal"] + [name for name, _, _, _ in steps.steps] + [naive["configuration"]]
    draw_bar(axes, 0, 0, ideal["median"], common.IDEAL_COLOUR, ideal["fidelity"],
             common.number(ideal["median"]), limit)
    for x, (name, low, high, row) in enumerate(steps.steps, 1):
        sign = "+" if high >= low else "\u2212"
        draw_bar(axes, x, low, high, colours[name], row["fidelity"],
                 sign + common.number(abs(high - low)), limit)
        if limit is None or low <= limit:
            axes.plot([x - 1 + 0.31, x - 0.31], [low, low], color="#777777", linewidth=0.8)
    draw_bar(axes, len(names) - 1, 0, naive["median"], common.ABOVE_COLOUR, naive["fidelity"],
             common.number(naive["median"]), limit)
    common.head_room(axes, steps.highest() if limit is None else limit)
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
    zoomed = any(steps.cut() for steps in rows)
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
        draw_steps(axes, steps, colours, None)
        axes.set_title(label, loc="left")
        axes.set_ylabel("TSC cycles per packet,\nguest side")
        if steps.cut():
            axes = figure.add_subplot(grid[i, 1])
            draw_steps(axes, steps, colours, 1.25 * steps.cut())
            axes.set_title(f"{label}: the small steps (\u2191: cut)", loc="left")
        fidelities += [steps.ideal["fidelity"], steps.naive["fidelity"]]
    axes = figure.add_subplot(grid[len(rows), :])
    axes.axis("off")
    axes.legend(handles=common.fidelity_handles(pyplot, fidelities), loc="center", ncol=6,
                title="fidelity")
    return figure


if __name__ == "__main__":
    common.main(draw, "waterfall.png")
