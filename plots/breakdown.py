#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/breakdown.png: where a configuration's cycles go.

With every source on a packet can cost a hundred times what the ideal does, so one axis
cannot show both ends, and a stacked bar on a logarithmic axis would lie about its parts.
Hence three panels: the configurations near the ideal, stacked and linear; the configuration
with everything, stacked by source, linear; each source by itself, as points on a
logarithmic axis, where points are honest.
"""
from statistics import median

import common

NEAR = 50  # times the ideal: what costs less, for half the traffics or more, is in the first panel


def bars_near(run):
    """({configuration: {place: row}}, names left out): the reference first, and what is near it.

    Where nothing is near, all of it is shown: an empty panel would say nothing.
    """
    bars, reference = {}, {}
    for row in run.guest("reference_guest_cycles_per_packet", ("control",)):
        reference[common.place_of(row)] = row
    for row in run.guest("reference_guest_cycles_per_packet"):
        reference.setdefault(common.place_of(row), row)
    for row in run.guest():
        if common.place_of(row) not in reference:
            raise common.Damaged(f"{run.folder}/summary.csv: damaged: cell {row['cell']} has no "
                                 "reference_guest_cycles_per_packet")
        bars.setdefault(row["configuration"], {})[common.place_of(row)] = row
    bars.pop(run.reference, None)
    near = {name: rows for name, rows in bars.items()
            if median(row["median"] / reference[place]["median"]
                      for place, row in rows.items()) <= NEAR}
    shown = near or bars
    return {run.reference: reference, **shown}, [name for name in bars if name not in shown]


def draw_near(axes, run, places):
    """Per traffic a group of bars: the reference's part, and what comes on top of it."""
    bars, left_out = bars_near(run)
    ideal = bars[run.reference]
    width = 0.84 / max(sum(place in rows for rows in bars.values()) for place in places)
    highest, used = 0, []
    for group, place in enumerate(places):
        shown = [(name, rows[place]) for name, rows in bars.items() if place in rows]
        for i, (configuration, row) in enumerate(shown):
            x = group + (i - (len(shown) - 1) / 2) * width
            base = min(ideal[place]["median"], row["median"])
            # What costs less than the reference rests on evidence of its own.
            whole = row if row["median"] < ideal[place]["median"] else ideal[place]
            axes.bar(x, base, 0.9 * width, color=common.IDEAL_COLOUR, edgecolor="#333333",
                     linewidth=0.5, hatch=common.hatch(whole["fidelity"]))
            axes.bar(x, row["median"] - base, 0.9 * width, bottom=base, edgecolor="#333333",
                     color=common.ABOVE_COLOUR, linewidth=0.5, hatch=common.hatch(row["fidelity"]))
            text = f"{configuration}  {common.number(row['median'])}"
            axes.annotate(text, (x, row["median"]), (0, 4), textcoords="offset points",
                          ha="center", va="bottom", rotation=90, fontsize=7.5)
            highest = max(highest, row["median"])
            used.append(row["fidelity"])
    longest = max(len(name) for name in bars) + 7
    axes.set_ylim(0, highest * (1 + 0.035 * longest))
    common.label_places(axes, places)
    title = f"Configurations against {run.reference}"
    axes.set_title(title + (f" (off the scale: {', '.join(left_out)})" if left_out else ""),
                   loc="left")
    axes.set_ylabel("TSC cycles per packet, guest side")
    return used


def draw_all(axes, run, places, colours):
    """Per traffic one bar: the ideal and each source alone, up to what naive was measured at."""
    highest, used = 0, []
    for x, place in enumerate(places):
        naive, ideal = run.ends(place)
        if naive is None or ideal is None:
            continue
        parts = [("ideal", ideal["median"], ideal["fidelity"], True)]
        parts += [(name, row["cost"], row["fidelity"], common.is_told(row))
                  for name, row in run.sources(place).items() if row["cost"] > 0]
        bottom = 0
        for name, cycles, fidelity, told in parts:
            axes.bar(x, cycles, 0.6, bottom=bottom, **common.bar_style(
                colours.get(name, common.IDEAL_COLOUR), fidelity, told))
            bottom += cycles
            used.append(fidelity)
        measured = naive["median"]
        axes.plot([x - 0.4, x + 0.4], [measured, measured], color="black", linewidth=1.6)
        top = max(bottom, measured)
        axes.annotate(common.number(measured), (x, top), (0, 4), textcoords="offset points",
                      ha="center", va="bottom")
        highest = max(highest, top)
    common.head_room(axes, highest)
    common.label_places(axes, places)
    axes.set_xlim(-0.75, len(places) - 0.25)
    axes.set_title("Every source on (line: as measured, geometric mean)", loc="left")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.7g}")
    axes.set_ylabel("TSC cycles per packet, guest side")
    return used


def draw_interval(axes, row, y, colour, limits):
    """The interval's line; an arrow where it runs off the edge."""
    left, right = limits
    low, high = row["ci_low"], row["ci_high"]
    if low is None or high is None or high <= left or low >= right:
        return
    axes.plot([max(low, left), min(high, right)], [y, y], color=colour, linewidth=1.5)
    for beyond, edge, arrow in ((low < left, left, "<"), (high > right, right, ">")):
        if beyond:
            axes.plot(edge, y, arrow, color=colour, markersize=5, clip_on=False)


def draw_sources(axes, run, places, colours, names):
    """A line per source, a marker per traffic; what is not above zero stands at the left edge."""
    rows = [row for place in places for row in run.sources(place).values()]
    shown = [row["cost"] for row in rows if row["cost"] > 0]
    told = [row["cost"] for row in rows if common.is_told(row)
            and row["cost"] > 0]
    limits = min(told or shown or [3]) / 3, 3 * max(shown, default=10)
    for i, place in enumerate(places):
        sources = run.sources(place)
        offset = (i - (len(places) - 1) / 2) * 0.6 / max(len(places), 3)
        for line, name in enumerate(names):
            row = sources.get(name)
            if row is None:
                continue
            y = line + offset
            draw_interval(axes, row, y, colours[name], limits)
            axes.plot(max(row["cost"], limits[0]), y, common.traffic_marker(i),
                      color=colours[name], markersize=6, markeredgecolor="#333333",
                      markerfacecolor=colours[name] if common.is_told(row) else "white",
                      markeredgewidth=0.6, clip_on=False)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.7g}")
    axes.set_xlim(*limits)
    axes.set_yticks(range(len(names)), [source_label(name, rows) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", which="major", color="#E5E5E5")
    axes.set_xlabel("TSC cycles per packet, guest side, logarithmic; line: 95% interval, arrow: "
                    "it goes on; hollow: not distinguishable from none (at the edge: below it)")
    axes.set_title("Each source alone, added to the ideal", loc="left")


def source_label(name, rows):
    fidelity = next((row["fidelity"] for row in rows if row["source"] == name), "")
    return f"{name}\n({fidelity})"


def draw_legends(pyplot, axes, colours, used, reference):
    """In a panel of their own: sources as colours, fidelity as hatches."""
    patch = pyplot.matplotlib.patches.Patch
    parts = {**dict(reversed(colours.items())), f"above {reference}": common.ABOVE_COLOUR,
             reference: common.IDEAL_COLOUR}
    handles = [patch(facecolor=colour, edgecolor="#333333", label=name)
               for name, colour in parts.items()]
    handles += [common.untold_handle(pyplot)] if colours else []
    axes.axis("off")
    axes.add_artist(axes.legend(handles=handles, loc="upper left", title="cycles of",
                                alignment="left", borderaxespad=0))
    axes.legend(handles=common.fidelity_handles(pyplot, used), loc="lower left", title="fidelity",
                alignment="left", borderaxespad=0)


def draw_traffic_legend(pyplot, axes, places):
    line = pyplot.matplotlib.lines.Line2D
    axes.axis("off")
    axes.legend(handles=[line([], [], linestyle="", color="#777777", markeredgecolor="#333333",
                              marker=common.traffic_marker(i),
                              label=common.place_label(place).replace("\n", ", "))
                         for i, place in enumerate(places)],
                loc="upper left", title="traffic", alignment="left", borderaxespad=0)


def draw(pyplot, run):
    places = common.in_order(common.place_of(row) for row in run.guest())
    if not places:
        return None
    broken_down = [place for place in places if run.sources(place)]
    names = common.in_order(name for place in broken_down for name in run.sources(place))
    colours = common.source_colours(names)
    title = f"{run.name}: {run.workload} on {run.machine}, TSC at {run.tsc_ghz:.2f} GHz"
    width = min(max(12, 4 + 2.2 * len(places)), 24)
    figure = pyplot.figure(figsize=(width, 8.6 if names else 4.8))
    figure.suptitle(title, fontweight="bold")
    legend_width = 0.42
    if not names:
        grid = figure.add_gridspec(1, 2, width_ratios=(2.5, legend_width))
        used = draw_near(figure.add_subplot(grid[0, 0]), run, places)
        draw_legends(pyplot, figure.add_subplot(grid[0, 1]), {}, used, run.reference)
        return figure
    grid = figure.add_gridspec(2, 3, height_ratios=(1.25, 1), hspace=0.06,
                               width_ratios=(1.5, 1, legend_width))
    used = draw_near(figure.add_subplot(grid[0, 0]), run, places)
    used += draw_all(figure.add_subplot(grid[0, 1]), run, broken_down, colours)
    draw_legends(pyplot, figure.add_subplot(grid[0, 2]), colours, used, run.reference)
    draw_sources(figure.add_subplot(grid[1, :2]), run, broken_down, colours, names)
    draw_traffic_legend(pyplot, figure.add_subplot(grid[1, 2]), broken_down)
    return figure


if __name__ == "__main__":
    common.main(draw, "breakdown.png")
