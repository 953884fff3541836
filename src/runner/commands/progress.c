/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/progress.h"

#include <unistd.h>

#include "base/clock.h"

/* Less than this done says too little about the rest. */
#define SHARE_FOR_A_GUESS 0.02

#define WIPE "\r\033[K"

void
progress_start(struct progress *progress, FILE *file, double share)
{
	*progress = (struct progress){
		.file = file,
		.terminal = file && isatty(fileno(file)),
		.started_ns = clock_monotonic_ns(),
		.share_at_start = share,
		.tenths_told = -1,
	};
}

static const char *
format_left(const struct progress *progress, double share, char *buf, size_t size)
{
	double gone_s = (double)(clock_monotonic_ns() - progress->started_ns) / 1e9;
	double done = share - progress->share_at_start;
	const char *at_most = progress->at_most ? "at most " : "";

	if (done < SHARE_FOR_A_GUESS) {
		snprintf(buf, size, "time left unknown");
		return buf;
	}
	double left_s = gone_s * (1 - share) / done;

	if (left_s < 60)
		snprintf(buf, size, "%s%.0f s left", at_most, left_s);
	else
		snprintf(buf, size, "%s%d min %02d s left", at_most, (int)left_s / 60,
			 (int)left_s % 60);
	return buf;
}

void
progress_show(struct progress *progress, const char *what, double share)
{
	char left[64];

	share = share > 1 ? 1 : share;
	int tenths = (int)(share * 10);

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
