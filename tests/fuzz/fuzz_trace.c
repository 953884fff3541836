/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes what is made of recorded traces. Lines of perf script are read here, as the
 * input's text; a whole file goes the way of folio trace --import, its reader in a child. What is
 * taken has to add up: no reason is timed more often than it was counted.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "probes/import.h"
#include "probes/pairing.h"
#include "probes/perf_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

static void
check(struct exit_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i]->latency.n > table->rows[i]->count)
			abort();
	exit_table_free(table);
}

static void
read_lines(char *text)
{
	enum trace_isa isa = TRACE_ISA_UNKNOWN;
	struct pairing pairing = {0};
	struct exit_table table = {0};
	const struct trace_marks marks = {"folio_vc_enter", "folio_vc_exit"};
	struct trace_record record;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		perf_mark_line_read(line, &marks, &record);
		if (perf_line_read(line, &isa, &record) && record.event < TRACE_RECORD_LOST &&
		    pairing_add(&pairing, &record, &table))
			abort();
	}
	pairing_free(&pairing);
	check(&table);
}

static void
read_whole(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct trace_import import;
	char path[64];

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!trace_import_read(path, 0, &import))
		check(&import.table);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	log_set_sink(drop_message, NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	read_lines(text);
	free(text);
	read_whole(bytes, size);
	return 0;
}
