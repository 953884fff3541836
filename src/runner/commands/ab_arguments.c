/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/ab_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/options.h"
#include "runner/commands/letter_args.h"

/* Below it, how the linker happened to lay a build out may look like a change. */
#define TOLERANCE_ONE_LAYOUT 0.01
#define LAYOUTS_MIN 4u

static const char usage[] =
	"usage: folio ab --a BIN[,BIN]... --b BIN[,BIN]... CONFIG [OPTION]...\n"
	"\n"
	"Compares two builds of folio on this machine, in the same minutes: what a packet costs "
	"the\n"
	"guest, for each configuration of CONFIG (its reference too) and each traffic. Both run "
	"on\n"
	"one core in turns, in many short restarts, until it is clear whether B costs more than "
	"A;\n"
	"the first thing that does ends it.\n"
	"\n"
	"  --a BIN          the build to compare with; several with commas: the same sources in\n"
	"                   several link layouts (cmake -DFOLIO_LINK_LAYOUTS=8: "
	"build/layouts/folio-*)\n"
	"  --b BIN          the build to be judged\n"
	"  --tolerance T    how much dearer B may be (default 1%); below 1% each build wants at\n"
	"                   least 4 layouts: linking alone moves code by as much\n"
	"  --time T         at most so long (default 60 s)\n"
	"  --set KEY=VALUE  overrides a key of CONFIG, for both\n"
	"  --set-b KEY=VALUE\n"
	"                   the same for B only: what does it cost?\n"
	"  --markdown FILE  writes the report as Markdown too\n"
	"  --junit FILE     writes the verdicts as JUnit XML\n"
	"  --csv FILE       writes each restart's figures\n"
	"  --no-progress    no progress line\n"
	"\n"
	"regressed: the whole interval lies above the tolerance; unchanged: below it; improved:\n"
	"below its negative. Exit status: 0 unchanged or improved, 1 regressed, 2 bad usage,\n"
	"configuration or build, 3 this machine cannot do it, 4 inconclusive: the time is up.\n";

static const struct option_spec setting_specs[] = {
	{.name = "time",
	 .type = OPTION_TIME,
	 .offset = offsetof(struct ab_settings, time_ns),
	 .preset = "60 s",
	 .min = 1e9,
	 .max = 86400e9,
	 .help = "at most so long"},
	{.name = "tolerance",
	 .type = OPTION_SHARE,
	 .offset = offsetof(struct ab_settings, tolerance),
	 .preset = "1%",
	 .min = 0.001,
	 .max = 0.5,
	 .help = "how much dearer B may be"},
	{0},
};

/* 0, or -errno: not a file that this user may run. */
static int
check_binary(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0 || access(path, X_OK) < 0)
		return -errno;
	return S_ISREG(status.st_mode) ? 0 : -EISDIR;
}

/* Splits text at its commas, in place. */
static int
take_binaries(char *text, struct ab_build *build)
{
	char *binary;

	build->n_binaries = 0;
	while ((binary = strsep(&text, ","))) {
		int error = check_binary(binary);

		if (error) {
			log_error("'%s': %s, allowed: a build of folio", binary, strerror(-error));
			return -1;
		}
		if (build->n_binaries == AB_LAYOUTS_MAX) {
			log_error("found more than %d layouts of one build", AB_LAYOUTS_MAX);
			return -1;
		}
		build->binaries[build->n_binaries++] = binary;
	}
	return 0;
}

static int
take_setting(const char *name, const char *text, struct ab_settings *settings)
{
	char why[256];

	if (!option_parse(options_find(setting_specs, name), settings, text, why, sizeof(why)))
		return 0;
	log_error("--%s: %s", name, why);
	return -1;
}

/* assignments_add() splits a text in place: B gets one of its own. */
static int
set_both(struct ab_arguments *arguments, char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -1;
	return assignments_add(&arguments->sets[0], text) ||
			       assignments_add(&arguments->sets[1], copy) ?
		       -1 :
		       0;
}

static int
take_option(int letter, void *settings)
{
	struct ab_arguments *arguments = settings;

	switch (letter) {
	case 'a':
	case 'b':
		return take_binaries(optarg, &arguments->ab.builds[letter == 'b']);
	case 't':
		return take_setting("tolerance", optarg, &arguments->settings);
	case 'T':
		return take_setting("time", optarg, &arguments->settings);
	case 's':
		return set_both(arguments, optarg);
	case 'S':
		return assignments_add(&arguments->sets[1], optarg);
	case 'm':
		arguments->markdown = optarg;
		return 0;
	case 'j':
		arguments->junit = optarg;
		return 0;
	case 'c':
		arguments->csv = optarg;
		return 0;
	case 'n':
		arguments->ab.progress = NULL;
		return 0;
	}
	return -1;
}

static bool
same_files(const struct ab_build *a, const struct ab_build *b)
{
	for (uint32_t i = 0; i < a->n_binaries; i++) {
		struct stat x, y;

		if (a->n_binaries != b->n_binaries || stat(a->binaries[i], &x) ||
		    stat(b->binaries[i], &y) || x.st_ino != y.st_ino || x.st_dev != y.st_dev)
			return false;
	}
	return true;
}

static int
check_layouts(const struct ab_options *ab)
{
	const struct ab_build *a = &ab->builds[0], *b = &ab->builds[1];
	char tolerance[32];

	if (ab->tolerance >= TOLERANCE_ONE_LAYOUT || same_files(a, b) ||
	    (a->n_binaries >= LAYOUTS_MIN && b->n_binaries >= LAYOUTS_MIN))
		return 0;
	log_error(
		"--tolerance: found %s with %u and %u link layouts; allowed: 1%% and more, or at "
		"least %u layouts of each build (cmake -DFOLIO_LINK_LAYOUTS=8 makes them): linking "
		"alone moves code by up to 1%%",
		quantity_format(DIMENSION_SHARE, ab->tolerance, tolerance, sizeof(tolerance)),
		a->n_binaries, b->n_binaries, LAYOUTS_MIN);
	return -1;
}

static int
complete(struct ab_arguments *arguments, int argc, char **argv)
{
	struct ab_options *ab = &arguments->ab;

	if (optind + 1 != argc || !ab->builds[0].n_binaries || !ab->builds[1].n_binaries) {
		fputs(usage, stderr);
		return -1;
	}
	ab->config = argv[optind];
	ab->tolerance = arguments->settings.tolerance;
	ab->time_ns = arguments->settings.time_ns;
	for (int i = 0; i < 2; i++) {
		ab->builds[i].set = arguments->sets[i].set;
		ab->builds[i].n_set = arguments->sets[i].n;
	}
	return check_layouts(ab);
}

int
ab_arguments_parse(int argc, char **argv, struct ab_arguments *arguments)
{
	static const struct option options[] = {
		{"a", required_argument, NULL, 'a'},
		{"b", required_argument, NULL, 'b'},
		{"tolerance", required_argument, NULL, 't'},
		{"time", required_argument, NULL, 'T'},
		{"set", required_argument, NULL, 's'},
		{"set-b", required_argument, NULL, 'S'},
		{"markdown", required_argument, NULL, 'm'},
		{"junit", required_argument, NULL, 'j'},
		{"csv", required_argument, NULL, 'c'},
		{"no-progress", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int parsed;

	options_defaults(setting_specs, &arguments->settings);
	arguments->ab.progress = stderr;
	parsed = letter_args_parse(argc, argv, options, usage, take_option, arguments);
	return parsed ? parsed : complete(arguments, argc, argv);
}
