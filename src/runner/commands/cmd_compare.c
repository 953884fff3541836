/* SPDX-License-Identifier: BSD-3-Clause */
/* folio compare BASE NEW: the gate. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "runner/commands/commands.h"
#include "runner/commands/letter_args.h"
#include "runner/compare/compare_report.h"
#include "runner/exit_status.h"
#include "runner/results/folder.h"

static const char usage[] =
	"usage: folio compare BASE NEW [OPTION]...\n"
	"\n"
	"Compares the runs in two folders, cell by cell: the guest's cycles in proportion to the\n"
	"reference's, which holds across machines, and events per packet. Prints a verdict for\n"
	"each figure and one in all.\n"
	"\n"
	"  --thresholds FILE   what is judged and what is tolerated (configs/thresholds.yaml)\n"
	"  --markdown FILE     the same as Markdown, for a pull request; - is standard output\n"
	"  --junit FILE        a JUnit test case for each figure\n"
	"  --allow-different   compare although fidelity, costs, settings or pages differ\n"
	"\n"
	"Exit status: 0 unchanged or improved, 1 regressed, 2 the runs cannot be compared,\n"
	"3 a file could not be written, 4 inconclusive.\n";

struct arguments {
	const char *base, *new, *thresholds, *markdown, *junit;
	bool allow_different;
};

static int
take_option(int letter, void *settings)
{
	struct arguments *arguments = settings;

	switch (letter) {
	case 't':
		arguments->thresholds = optarg;
		return 0;
	case 'm':
		arguments->markdown = optarg;
		return 0;
	case 'j':
		arguments->junit = optarg;
		return 0;
	case 'a':
		arguments->allow_different = true;
		return 0;
	}
	return -1;
}

/* Returns 0; 1 when help was printed; -1 on bad usage. */
static int
parse_arguments(int argc, char **argv, struct arguments *out)
{
	static const struct option options[] = {{"thresholds", required_argument, NULL, 't'},
						{"markdown", required_argument, NULL, 'm'},
						{"junit", required_argument, NULL, 'j'},
						{"allow-different", no_argument, NULL, 'a'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	int parsed;

	*out = (struct arguments){0};
	parsed = letter_args_parse(argc, argv, options, usage, take_option, out);
	if (parsed)
		return parsed;
	if (argc - optind != 2) {
		fputs(usage, stderr);
		return -1;
	}
	out->base = argv[optind];
	out->new = argv[optind + 1];
	return 0;
}

static int
read_run(const char *path, struct compared_run *out)
{
	struct folder folder;
	int err = folder_open(&folder, path);

	out->path = path;
	if (err)
		return err;
	err = run_files_read(&folder, &out->run);
	folder_close(&folder);
	if (!err && strcmp(out->run.manifest.status, "done"))
		log_warning("%s: the run's status is '%s': what it has is compared", path,
			    out->run.manifest.status);
	return err;
}

/* Writes to a file by name, or to standard output for "-". */
static int
write_file(const char *path, const struct comparison *comparison, const struct document *document)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int err = file ? 0 : -errno;

	if (!err)
		err = document ? document_print(document, DOCUMENT_MARKDOWN, file) :
				 compare_write_junit(comparison, file);
	if (file && file != stdout && fclose(file) && !err)
		err = -errno;
	if (err)
		log_error("%s: cannot write: %s", path, strerror(-err));
	return err;
}

static int
write_all(const struct arguments *arguments, const struct comparison *comparison,
	  const struct document *document)
{
	bool to_stdout = arguments->markdown && !strcmp(arguments->markdown, "-");
	int err = to_stdout ? 0 : document_print(document, DOCUMENT_TEXT, stdout);

	if (!err && arguments->markdown)
		err = write_file(arguments->markdown, comparison, document);
	if (!err && arguments->junit)
		err = write_file(arguments->junit, comparison, NULL);
	return err;
}

static enum exit_status
status_of(enum verdict verdict)
{
	if (verdict == VERDICT_REGRESSED)
		return EXIT_VERDICT_FAILED;
	return verdict == VERDICT_INCONCLUSIVE ? EXIT_INCONCLUSIVE : EXIT_DONE;
}

static enum exit_status
tell(const struct arguments *arguments, const struct comparison *comparison)
{
	struct document *document = document_new();
	struct sensitivity sensitivity;
	int err = document ? comparison_sensitivity(comparison, &sensitivity) : -ENOMEM;

	if (err) {
		log_error("cannot compare: %s", strerror(-err));
	} else {
		compare_report(comparison, &sensitivity, document);
		err = write_all(arguments, comparison, document);
	}
	document_free(document);
	return err ? EXIT_MACHINE_LACKS : status_of(comparison->verdict);
}

static enum exit_status
compare(const struct arguments *arguments, const struct thresholds *thresholds,
	const struct compared_run *base, const struct compared_run *new)
{
	struct comparison comparison;
	enum exit_status status;
	int err;

	if (comparison_differences(base, new, arguments->allow_different) &&
	    !arguments->allow_different)
		return EXIT_BAD_USAGE;
	err = comparison_open(base, new, thresholds, &comparison);
	if (err)
		return err == -ENOMEM ? EXIT_MACHINE_LACKS : EXIT_BAD_USAGE;
	status = tell(arguments, &comparison);
	comparison_close(&comparison);
	return status;
}

int
cmd_compare(int argc, char **argv)
{
	static struct compared_run base, new;
	struct arguments arguments;
	struct thresholds thresholds;
	enum exit_status status = EXIT_BAD_USAGE;
	int parsed = parse_arguments(argc, argv, &arguments);

	if (parsed)
		return parsed > 0 ? EXIT_DONE : EXIT_BAD_USAGE;
	if (thresholds_read(arguments.thresholds, &thresholds))
		return EXIT_BAD_USAGE;
	if (!read_run(arguments.base, &base) && !read_run(arguments.new, &new))
		status = compare(&arguments, &thresholds, &base, &new);
	run_files_close(&new.run);
	run_files_close(&base.run);
	return status;
}
