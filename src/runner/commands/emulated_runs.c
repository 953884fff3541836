/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run's workers inherit its area: to read each area once, a process is passed over when its
 * parent is one that is read already. A run that ended is still read: the mapping holds its area.
 */
#include "runner/commands/emulated_runs.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0 for a process that is gone. Its name, in parentheses, may hold anything. */
static pid_t
parent_of(pid_t pid)
{
	char path[64], text[512] = "";
	int parent = 0;
	FILE *file;
	char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool
is_read(const struct emulated_runs *runs, pid_t pid)
{
	for (size_t i = 0; i < runs->n; i++)
		if (runs->runs[i].pid == pid)
			return true;
	return false;
}

static void
consider(struct emulated_runs *runs, pid_t pid)
{
	if (runs->n == EMULATED_RUNS_MAX || is_read(runs, pid) || is_read(runs, parent_of(pid)) ||
	    emulated_attach(&runs->runs[runs->n].emulated, pid))
		return;
	runs->runs[runs->n++].pid = pid;
}

/* Parents come before their children, but for pids that have wrapped around. */
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
