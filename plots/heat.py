#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""figures/heat.png: guest cycles over the reference's, across what was swept.

The two swept keys with the most values are the axes; a panel per configuration and value of the
others. Colour is the ratio on a logarithmic scale that is the same for all panels, white at 1.
What cannot be told from 1 has its number in brackets.
"""
import math

import common

METRIC = "guest_cycles_per_packet"
TRAFFIC = "traffic"
PANELS_MAX = 12
COLUMNS = 2


def settings_of(row):
    """{key: value} of what was swept; the traffic is one of them."""
    parts = [part.split("=", 1) for part in row["variant"].split(", ") if "=" in part]
    return {TRAFFIC: common.place_label((row["frame_size"], "")), **dict(parts)}


def collect(run):
    """Rows of listed cells with their settings, and the two keys that vary most."""
    rows = [(row, settings_of(row)) for row in common.read_csv(
        run.folder, "summary.csv", ("cell", "configuration", "metric", "frame_size", "variant"),
        ("ratio_to_reference", "ratio_ci_low", "ratio_ci_high"))
            if row["metric"] == METRIC and run.plan[row["cell"]]["role"] == "listed"
            and row["ratio_to_reference"]]
    keys = common.in_order(key for _, settings in rows for key in settings)
    values = {key: common.in_order(settings.get(key, "-") for _, settings in rows)
              for key in keys}
    swept = sorted((key for key in keys if len(values[key]) > 1),
                   key=lambda key: -len(values[key]))
    return rows, values, swept


def panel_title(row, settings, axes):
    rest = [f"{key}={value}" for key, value in settings.items() if key not in axes]
    rest = [text for text in rest if not text.startswith(f"{TRAFFIC}=")] if TRAFFIC in axes else rest
    return ", ".join([row["configuration"], *rest])


def is_told(row):
    low, high = row["ratio_ci_low"], row["ratio_ci_high"]
    return low is not None and high is not None and not low <= 1 <= high


def draw_panel(axes, rows, x_values, y_values, x_key, y_key, limit):
    image = [[math.nan] * len(x_values) for _ in y_values]
    for row, settings in rows:
        x, y = x_values.index(settings[x_key]), y_values.index(settings[y_key])
        image[y][x] = math.log(row["ratio_to_reference"])
        text = f"{row['ratio_to_reference']:.2f}"
        dark = abs(image[y][x]) > 0.6 * limit
        axes.text(x, y, text if is_told(row) else f"({text})", ha="center", va="center",
                  fontsize=8, color="white" if dark else "black")
    shown = axes.imshow(image, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(len(x_values)), x_values)
    axes.set_yticks(range(len(y_values)), y_values)
    axes.set_xlabel(x_key)
    axes.set_ylabel(y_key)
    axes.grid(False)
    return shown


def draw(pyplot, run):
    rows, values, swept = collect(run)
    if len(swept) < 2:
        return None
    x_key, y_key = (swept[1], swept[0]) if swept[1] == TRAFFIC else swept[:2]
    panels = {}
    for row, settings in rows:
        panels.setdefault(panel_title(row, settings, (x_key, y_key)), []).append((row, settings))
    shown = list(panels.items())[:PANELS_MAX]
    limit = max(max(abs(math.log(row["ratio_to_reference"])) for row, _ in rows), 0.02)
    columns = min(COLUMNS, len(shown))
    lines = -(-len(shown) // columns)
    size = (2 + (1 + 0.75 * len(values[x_key])) * columns,
            1.2 + (1 + 0.42 * len(values[y_key])) * lines)
    figure, grid = pyplot.subplots(lines, columns, squeeze=False, figsize=size)
    for axes, (title, of_panel) in zip(grid.flat, shown):
        image = draw_panel(axes, of_panel, values[x_key], values[y_key], x_key, y_key, limit)
        axes.set_title(title, loc="left")
    for axes in list(grid.flat)[len(shown):]:
        axes.axis("off")
    bar = figure.colorbar(image, ax=grid, label=f"guest cycles over {run.reference}'s")
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{math.exp(value):.2f}")
    left_out = f"; {len(panels) - len(shown)} panels left out" if len(panels) > len(shown) else ""
    figure.suptitle(f"{run.name}: what was swept (in brackets: not told from 1){left_out}\n"
                    f"{run.workload} on {run.machine}", fontweight="bold")
    return figure


if __name__ == "__main__":
    common.main(draw, "heat.png")
