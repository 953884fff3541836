/* SPDX-License-Identifier: BSD-3-Clause */
/* folio report DIR: tables and figures again, from the files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runner/commands/commands.h"
#include "runner/exit_status.h"
#include "runner/report/report.h"
#include "runner/report/suite_report.h"
#include "runner/results/folder.h"
#include "runner/results/suite_file.h"

static const char usage[] =
	"usage: folio report DIR\n"
	"\n"
	"Makes summary.csv, attribution.csv, figures and report.md of a run again from the\n"
	"plan.csv, trials.csv and manifest.json in its folder, and prints the tables.\n";

static enum exit_status
status_of(int err)
{
	switch (err) {
	case 0:
		return EXIT_DONE;
	case -ENODATA:
		return EXIT_INCONCLUSIVE;
	case -ENOPKG:
		return EXIT_MACHINE_LACKS;
	default:
		return EXIT_BAD_USAGE;
	}
}

/* Its runs' own reports are made again, too. */
static int
make_suite(const char *path)
{
	struct suite_entries entries;
	struct folder folder;
	int err = folder_open(&folder, path);

	if (err)
		return err;
	err = suite_file_read(&folder, &entries);
	for (size_t i = 0; !err && i < entries.n; i++) {
		char run[FOLDER_PATH_BYTES + NAME_BYTES];

		snprintf(run, sizeof(run), "%s/%s", path, entries.at[i].name);
		if (folder_has(&folder, entries.at[i].name))
			err = report_make(run, NULL);
		/* The suite's own report comes across missing figures of the paper's once more. */
		err = err == -ENODATA || err == -ENOPKG ? 0 : err;
	}
	folder_close(&folder);
	return err ? err : suite_report_make(path, stdout);
}

int
cmd_report(int argc, char **argv)
{
	struct folder folder;
	int err;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fputs(usage, stderr);
		return EXIT_BAD_USAGE;
	}
	err = folder_open(&folder, argv[1]);
	if (err)
		return status_of(err);
	/* A run that still writes keeps its folder locked: half of it would be reported. */
	err = folder_lock(&folder);
	if (!err)
		err = suite_report_is(&folder) ? make_suite(argv[1]) : report_make(argv[1], stdout);
	folder_close(&folder);
	return status_of(err);
}
