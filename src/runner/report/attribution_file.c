/* SPDX-License-Identifier: BSD-3-Clause */
/* attribution.csv. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "runner/report/attribution.h"
#include "runner/results/csv_file.h"

#define ATTRIBUTION_COLUMNS                                                                        \
	"workload,frame_size,variant,source,side,unit,method,cost,ci_low,ci_high,share,"           \
	"share_ci_low,share_ci_high,fidelity,distinguishable"

static const char *const method_names[] = {
	[METHOD_ALONE] = "alone",     [METHOD_REMOVED] = "removed", [METHOD_ALL] = "all",
	[METHOD_SHAPLEY] = "shapley", [METHOD_TWO_WAY] = "two-way",
};

static void
write_estimate(struct csv_writer *csv, const struct estimate *e)
{
	csv_number(csv, e->value);
	csv_number(csv, e->ci_low);
	csv_number(csv, e->ci_high);
}

static void
write_row(struct csv_writer *csv, const struct attribution_row *row)
{
	char fidelity[FIDELITY_TEXT_BYTES], name[2 * CELL_NAME_BYTES];

	snprintf(name, sizeof(name), "%s%s%s", row->source, row->with ? "+" : "",
		 row->with ? row->with : "");
	csv_text(csv, row->place->workload);
	csv_text(csv, row->place->frame_size);
	csv_text(csv, row->place->variant);
	csv_text(csv, name);
	csv_text(csv, side_metrics[row->side].name);
	csv_text(csv, side_metrics[row->side].unit);
	csv_text(csv, method_names[row->method]);
	write_estimate(csv, &row->cost);
	write_estimate(csv, &row->share);
	csv_text(csv, fidelity_format(row->fidelity, fidelity, sizeof(fidelity)));
	csv_text(csv, row->distinguishable ? "yes" : "no");
	csv_end(csv);
}

int
attribution_write(const struct attribution *attribution, const struct folder *folder)
{
	char *text = NULL;
	size_t size;
	struct csv_writer csv = {.file = open_memstream(&text, &size)};
	int err = 0;

	if (csv.file) {
		fputs(ATTRIBUTION_COLUMNS "\n", csv.file);
		for (size_t i = 0; i < attribution->n_rows; i++)
			write_row(&csv, &attribution->rows[i]);
	}
	if (!csv.file || fclose(csv.file) != 0) {
		err = -ENOMEM;
		log_error("%s/attribution.csv: %s", folder->path, strerror(ENOMEM));
	} else {
		err = folder_write(folder, "attribution.csv", text, size);
	}
	free(text);
	return err;
}
