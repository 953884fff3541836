/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/option_args.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"

/* getopt_long() gives an option's place in the table, above all letters. */
#define FIRST_VALUE 256
#define WHY_BYTES 512

struct names {
	struct option options[OPTION_ARGS_MAX + 2];
	const char *names[OPTION_ARGS_MAX];
	size_t n;
};

static void
collect_names(const struct option_spec *table, struct names *names)
{
	*names = (struct names){0};
	for (; table[names->n].name; names->n++) {
		assert(names->n < OPTION_ARGS_MAX);
		bool is_switch = table[names->n].type == OPTION_SWITCH;

		names->names[names->n] = table[names->n].name;
		names->options[names->n] =
			(struct option){.name = table[names->n].name,
					.has_arg = is_switch ? no_argument : required_argument,
					.val = FIRST_VALUE + (int)names->n};
	}
	names->options[names->n] = (struct option){.name = "help", .val = 'h'};
}

static void
report_unknown(const struct names *names, const char *word)
{
	const char *meant = strncmp(word, "--", 2) ? NULL :
						     nearest(word + 2, names->names, names->n);

	log_error("no such option: found '%.100s'%s%s%s", word, meant ? "; did you mean '--" : "",
		  meant ? meant : "", meant ? "'?" : "");
}

static int
take(const struct option_spec *option, void *settings, const char *text)
{
	char why[WHY_BYTES];

	if (!option_parse(option, settings, text ? text : "on", why, sizeof(why)))
		return 0;
	log_error("--%s: %s", option->name, why);
	return -EINVAL;
}

int
option_args_parse(const struct option_spec *table, void *settings, int argc, char **argv,
		  uint32_t *given)
{
	struct names names;
	int error = 0, value;

	collect_names(table, &names);
	options_defaults(table, settings);
	*given = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, ":h", names.options, NULL)) != -1) {
		if (value == 'h')
			return 1;
		if (value >= FIRST_VALUE) {
			uint32_t i = (uint32_t)(value - FIRST_VALUE);

			*given |= 1u << i;
			error = take(&table[i], settings, optarg) ? -EINVAL : error;
			continue;
		}
		if (value == ':')
			log_error("%s: found no value, one is wanted", argv[optind - 1]);
		else
			report_unknown(&names, argv[optind - 1]);
		error = -EINVAL;
	}
	for (; optind < argc; optind++, error = -EINVAL)
		log_error("found '%.100s', no argument without an option is allowed", argv[optind]);
	return error;
}

bool
option_args_given(const struct option_spec *table, uint32_t given, const char *name)
{
	return given >> (options_find(table, name) - table) & 1;
}

void
option_args_help(const struct option_spec *table, FILE *file)
{
	char allowed[WHY_BYTES];

	for (const struct option_spec *option = table; option->name; option++) {
		bool is_switch = option->type == OPTION_SWITCH;

		fprintf(file, "  --%s%s\n      %s", option->name, is_switch ? "" : " VALUE",
			option->help);
		if (!is_switch && option->type != OPTION_TEXT)
			fprintf(file, "; %s", option_allowed(option, allowed, sizeof(allowed)));
		if (option->preset)
			fprintf(file, " (default %s)", option->preset);
		fputc('\n', file);
	}
}
