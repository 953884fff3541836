# SPDX-License-Identifier: BSD-3-Clause
"""What the figures share: a run's files read, colours, hatches, and how a figure is saved.

Colour says which source (Okabe and Ito's palette, for every kind of sight), hatch says
fidelity, so a print in grey keeps both apart.
"""
import csv
import json
import os
import sys

EXIT_BAD_INPUT = 2
EXIT_NO_MATPLOTLIB = 3

SOURCE_COLOURS = {
    "bounce_alloc": "#56B4E9",
    "bounce_copy": "#0072B2",
    "psc": "#D55E00",
    "iotlb": "#009E73",
    "vc": "#E69F00",
    "interaction": "#999999",
    "rest": "#999999",
}
OTHER_COLOURS = ["#CC79A7", "#F0E442", "#7F3C8D", "#A5AA99"]
IDEAL_COLOUR = "#D9D9D9"
ABOVE_COLOUR = "#BBA0CC"  # above the ideal, not broken down

FIDELITY_HATCHES = {"native": "", "real": "", "stand-in": "//", "modelled": "..",
                    "not-emulated": "xx"}
TRAFFIC_MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]


class Damaged(Exception):
    """A file of the run is missing or not as it should be; the text says which and how."""


def fail(message, status=EXIT_BAD_INPUT):
    print(f"folio: error: {message}", file=sys.stderr)
    sys.exit(status)


def load_matplotlib():
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as missing:
        fail(f"no figures: {missing} (package python3-matplotlib)", EXIT_NO_MATPLOTLIB)
    pyplot.rcParams.update({
        "text.parse_math": False,  # names are names, also with a dollar in them
        "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold",
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
        "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#E5E5E5",
        "hatch.linewidth": 0.6, "legend.frameon": False, "legend.fontsize": 8,
        "legend.title_fontsize": 8,
        "figure.constrained_layout.use": True, "savefig.dpi": 150,
    })
    return pyplot


def read_csv(folder, name, texts, numbers=()):
    """The file's rows as dictionaries, with at least these columns; numbers as floats, None where
    empty.
    """
    path = os.path.join(folder, name)
    rows = []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [column for column in (*texts, *numbers)
                       if column not in (reader.fieldnames or ())]
            if missing:
                raise Damaged(f"{path}:1: damaged: no column {missing[0]}")
            for row in reader:
                if None in row or None in row.values():
                    raise ValueError("not as many fields as there are columns")
                for column in numbers:
                    row[column] = float(row[column]) if row[column] else None
                rows.append(row)
    except OSError as error:
        raise Damaged(f"{path}: {error.strerror}") from error
    except (ValueError, csv.Error) as error:
        raise Damaged(f"{path}:{len(rows) + 2}: damaged: {error}") from error
    return rows


class Run:
    """The rows of a run's files that figures need."""

    def __init__(self, folder):
        self.folder = folder
        path = os.path.join(folder, "manifest.json")
        try:
            with open(path, encoding="utf-8") as file:
                manifest = json.load(file)
            self.name = manifest["run"]["name"]
            self.workload = manifest["run"]["workload"]
            self.reference = manifest["run"]["reference"]
            self.machine = manifest["machine"]["cpu_model"]
            self.tsc_ghz = manifest["machine"]["tsc_hz"] / 1e9
        except OSError as error:
            raise Damaged(f"{path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{path}: damaged: {error}") from error
        place = ("frame_size", "variant")
        self.plan = {row["cell"]: row for row in read_csv(
            folder, "plan.csv", ("cell", "role", "configuration", "reference", *place))}
        self.summary = read_csv(
            folder, "summary.csv", ("cell", "configuration", "metric", "fidelity", *place),
            ("median", "ci_low", "ci_high"))
        self.attribution = read_csv(
            folder, "attribution.csv", ("source", "side", "method", "fidelity", "distinguishable",
                                        *place), ("cost", "ci_low", "ci_high"))
        for row in self.summary:
            if row["cell"] not in self.plan:
                raise Damaged(f"{folder}/summary.csv: damaged: cell {row['cell']} is not in "
                              "plan.csv")

    def guest(self, metric="guest_cycles_per_packet", roles=("listed",)):
        """Rows of the guest's cycles, of cells with these roles."""
        return [row for row in self.summary
                if row["metric"] == metric and self.plan[row["cell"]]["role"] in roles]

    def ends(self, place):
        """Rows of the configuration with all sources and of its ideal; None where there are none.

        Where the file lists naive itself, its cell stands for attribution's own.
        The ideal is its A/A control's where there is one: beside a configuration that costs
        thousands of times as much it does not find the caches as it left them.
        """
        cells = [row["cell"] for role in ("all", "listed") for row in self.plan.values()
                 if row["role"] == role and (role == "all" or row["configuration"] == "naive")
                 and row["reference"] == "ideal" and place_of(row) == place]
        found = {row["metric"]: row for row in self.summary if row["cell"] == cells[0]} \
            if cells else {}
        metric = "reference_guest_cycles_per_packet"
        controls = [row for row in self.guest(metric, ("control",)) if place_of(row) == place
                    and self.plan[row["cell"]]["reference"] == "ideal"]
        return (found.get("guest_cycles_per_packet"),
                controls[0] if controls else found.get(metric))

    def sources(self, place, method="alone"):
        """The guest's attribution rows of a place, by source."""
        return {row["source"]: row for row in self.attribution
                if row["side"] == "guest" and row["method"] == method and place_of(row) == place}


def place_of(row):
    """What a row belongs to: its traffic, and the variant where options were swept."""
    return row["frame_size"], row["variant"]


def place_label(place):
    size, variant = place
    label = f"{size} B" if size.isdigit() else size
    return "\n".join([label, *variant.split(", ")]) if variant else label


def label_places(axes, places):
    """Names the places along the x axis, slanted where they are many or long."""
    labels = [place_label(place) for place in places]
    slanted = len(places) > 8 or any(len(line) > 16 for text in labels for line in text.split("\n"))
    axes.set_xticks(range(len(places)), labels, rotation=25 if slanted else 0,
                    ha="right" if slanted else "center")


def in_order(items):
    """Each once, as they first come."""
    return list(dict.fromkeys(items))


def source_colours(names):
    spare = iter(OTHER_COLOURS * len(names))
    return {name: SOURCE_COLOURS.get(name) or next(spare) for name in names}


def traffic_marker(index):
    return TRAFFIC_MARKERS[index % len(TRAFFIC_MARKERS)]


def hatch(fidelity):
    return "".join(FIDELITY_HATCHES.get(part, "") for part in fidelity.split("+"))


def fidelity_handles(pyplot, fidelities):
    """Legend entries for the kinds of evidence that stand in the figure."""
    parts = in_order(part for text in fidelities for part in text.split("+"))
    order = [name for name in FIDELITY_HATCHES if name in parts]
    return [pyplot.matplotlib.patches.Patch(facecolor="white", edgecolor="#333333", label=name,
                                            hatch=FIDELITY_HATCHES[name]) for name in order]


def number(value):
    """Three digits: what a figure is worth reading to."""
    scales = ((1e6, "M"), (1e3, "k"), (1, ""))
    size = abs(float(f"{value:.3g}"))
    scale, suffix = next((s for s in scales if size >= s[0]), scales[-1])
    decimals = 0 if size / scale >= 100 else 1 if size / scale >= 10 or scale == 1 else 2
    return f"{value / scale:.{decimals}f}{suffix}"


def is_told(row):
    """Can an attribution's figure be told from noise? The run's own verdict, as in its tables."""
    return row["distinguishable"] == "yes"


def bar_style(colour, fidelity, told=True):
    """Of a bar; what cannot be told from noise is open and dashed."""
    style = {"facecolor": colour if told else "white", "hatch": hatch(fidelity),
             "edgecolor": "#333333" if told else colour}
    return {**style, "linewidth": 0.5} if told else {**style, "linewidth": 1.1, "linestyle": "--"}


def untold_handle(pyplot):
    """Legend entry for such bars."""
    return pyplot.matplotlib.patches.Patch(label="n.d.: not\ndistinguishable",
                                           **bar_style("#777777", "", told=False))


def head_room(axes, highest, share=0.15):
    axes.set_ylim(0, highest * (1 + share))


def save(figure, run, name):
    """Writes figures/<name> whole or not at all."""
    folder = os.path.join(run.folder, "figures")
    path, temporary = os.path.join(folder, name), os.path.join(folder, f".{name}.tmp")
    try:
        os.makedirs(folder, exist_ok=True)
        figure.savefig(temporary, format="png")
        os.replace(temporary, path)
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def main(draw, name, kind=Run):
    """Runs draw(pyplot, kind(folder)), which returns a figure or None, on the command line's folder.
    """
    if len(sys.argv) != 2:
        fail(f"usage: {os.path.basename(sys.argv[0])} RUN_FOLDER")
    pyplot = load_matplotlib()
    try:
        run = kind(sys.argv[1])
        figure = draw(pyplot, run)
    except Damaged as damaged:
        fail(str(damaged))
    if figure is None:
        fail(f"{run.folder}: no measurements that {name} could show")
    save(figure, run, name)
