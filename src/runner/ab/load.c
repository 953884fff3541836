/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/load.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double
seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double
own_s(void)
{
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	double sum = 0;

	for (size_t i = 0; i < sizeof(whose) / sizeof(whose[0]); i++) {
		struct rusage usage;

		if (getrusage(whose[i], &usage) == 0)
			sum += seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	}
	return sum;
}

void
load_mark(struct load_mark *mark)
{
	/* user nice system idle iowait irq softirq steal (proc(5)) */
	uint64_t ticks[8] = {0};
	FILE *file = fopen("/proc/stat", "re");

	*mark = (struct load_mark){.own_s = own_s()};
	if (!file)
		return;
	if (fscanf(file,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6],
		   &ticks[7]) == 8) {
		mark->busy_ticks = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
		mark->steal_ticks = ticks[7];
		mark->total_ticks = mark->busy_ticks + mark->steal_ticks + ticks[3] + ticks[4];
	}
	fclose(file);
}

struct load
load_since(const struct load_mark *mark)
{
	struct load_mark now;

	load_mark(&now);
	double ticks = (double)(now.total_ticks - mark->total_ticks);
	double cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
	double hz = (double)sysconf(_SC_CLK_TCK);

	if (!(ticks > 0))
		return (struct load){0, 0};
	double busy = (double)(now.busy_ticks - mark->busy_ticks) - (now.own_s - mark->own_s) * hz;

	return (struct load){
		.steal_share = (double)(now.steal_ticks - mark->steal_ticks) / ticks,
		.other_cores = fmax(0, busy / ticks * cores),
	};
}
