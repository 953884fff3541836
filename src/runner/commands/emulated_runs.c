/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run's workers inherit its area, which is read once, whichever of its processes is found
 * first. A run that ended is still read: the mapping holds its area.
 */
#include "runner/commands/emulated_runs.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>

static bool
is_read(const struct emulated_runs *runs, pid_t pid)
{
	for (size_t i = 0; i < runs->n; i++)
		if (runs->runs[i].pid == pid)
			return true;
	return false;
}

static bool
has_area(const struct emulated_runs *runs, const struct emulated *emulated)
{
	for (size_t i = 0; i < runs->n; i++)
		if (emulated_same(&runs->runs[i].emulated, emulated))
			return true;
	return false;
}

static void
consider(struct emulated_runs *runs, pid_t pid)
{
	struct emulated *emulated = &runs->runs[runs->n].emulated;

	if (runs->n == EMULATED_RUNS_MAX || is_read(runs, pid) || emulated_attach(emulated, pid))
		return;
	if (has_area(runs, emulated))
		emulated_close(emulated);
	else
		runs->runs[runs->n++].pid = pid;
}

static void
find(struct emulated_runs *runs)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	if (!processes)
		return;
	while ((entry = readdir(processes)))
		if (atoi(entry->d_name) > 0)
			consider(runs, atoi(entry->d_name));
	closedir(processes);
}

int
emulated_runs_read(struct emulated_runs *runs, struct exit_table *table)
{
	int err = 0;

	find(runs);
	for (size_t i = 0; !err && i < runs->n; i++)
		err = emulated_read(&runs->runs[i].emulated, table);
	return err;
}

void
emulated_runs_close(struct emulated_runs *runs)
{
	for (size_t i = 0; i < runs->n; i++)
		emulated_close(&runs->runs[i].emulated);
	runs->n = 0;
}
