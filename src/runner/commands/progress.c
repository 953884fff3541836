/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/progress.h"

#include <unistd.h>

#include "base/clock.h"

/* Less than this done says too little about the rest. */
#define SHARE_FOR_A_GUESS 0.02

#define WIPE "\r\033[K"

void
progress_start(struct progress *progress, FILE *file)
{
	*progress = (struct progress){
		.file = file,
		.terminal = file && isatty(fileno(file)),
		.started_ns = clock_monotonic_ns(),
		.tenths_told = -1,
	};
}

static const char *
format_left(const struct progress *progress, double share, char *buf, size_t size)
{
	double gone_s = (double)(clock_monotonic_ns() - progress->started_ns) / 1e9;
	double left_s = gone_s * (1 - share) / share;

	if (share < SHARE_FOR_A_GUESS)
		snprintf(buf, size, "time left unknown");
	else if (left_s < 60)
		snprintf(buf, size, "%.0f s left", left_s);
	else
		snprintf(buf, size, "%d min %02d s left", (int)left_s / 60, (int)left_s % 60);
	return buf;
}

void
progress_show(struct progress *progress, const char *what, double share)
{
	int tenths = (int)(share * 10);
	char left[64];

	if (!progress->file || (!progress->terminal && tenths <= progress->tenths_told))
		return;
	progress->tenths_told = tenths;
	format_left(progress, share, left, sizeof(left));
	fprintf(progress->file, "%s%3.0f%%  %.60s  %s%s", progress->terminal ? WIPE : "",
		100 * share, what, left, progress->terminal ? "" : "\n");
	fflush(progress->file);
	progress->line_shown = progress->terminal;
}

void
progress_wipe(struct progress *progress)
{
	if (!progress->line_shown)
		return;
	fputs(WIPE, progress->file);
	fflush(progress->file);
	progress->line_shown = false;
}
