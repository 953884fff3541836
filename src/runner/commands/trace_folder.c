/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/trace_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/exit_csv.h"
#include "runner/report/figures.h"

static int
write_csv(const struct folder *folder, const struct exit_table *table)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int err;

	if (file) {
		fprintf(file, EXIT_CSV_COLUMNS "\n");
		exit_csv_write(table, "", file);
	}
	if (!file || fclose(file) != 0) {
		err = -errno;
		log_error("%s/exits.csv: %s", folder->path, strerror(-err));
	} else {
		err = folder_write(folder, "exits.csv", text, size);
	}
	free(text);
	return err;
}

int
trace_folder_write(const struct folder *folder, const struct exit_table *table)
{
	int err = write_csv(folder, table);

	if (!err && table->n)
		figures_draw(folder, MATERIAL_EXITS);
	return err;
}
