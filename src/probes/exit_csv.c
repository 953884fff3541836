/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/exit_csv.h"

#include <inttypes.h>

#include "probes/names.h"

void
exit_csv_write(const struct exit_table *table, const char *prefix, FILE *file)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct exit_row *row = table->rows[i];
		const struct exit_latency *latency = &row->latency;
		char name[EXIT_NAME_BYTES];

		fprintf(file, "%s%s,%s,%" PRIu64, prefix, exit_row_name(row, name, sizeof(name)),
			exit_origin_names[exit_row_origin(row)], row->count);
		if (latency->n)
			fprintf(file, ",%.0f,%.0f,%.0f,%.0f\n", exit_latency_min_ns(latency),
				exit_latency_quantile_ns(latency, 0.5),
				exit_latency_quantile_ns(latency, 0.99),
				exit_latency_max_ns(latency));
		else
			fprintf(file, ",,,,\n");
	}
}
