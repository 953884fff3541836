/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long folio compare takes over two made-up runs of some 10,000 trials each: a few
 * hundred cells, as a sweep has them, in many restarts. The command reads, judges and
 * prints (into nothing) once for each time that is shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compare.h"
#include "runner/commands/commands.h"
#include "runner/exit_status.h"
#include "sample_run.h"

#define SIZES 20
#define TRIALS 10000
#define ROUNDS 5

static uint64_t
write_run(char *path, size_t size, uint64_t number)
{
	static char labels[SIZES][8];
	const char *sizes[SIZES + 1] = {NULL};
	struct sample sample;
	uint64_t trials;

	for (int i = 0; i < SIZES; i++) {
		snprintf(labels[i], sizeof(labels[i]), "%d", 64 + 32 * i);
		sizes[i] = labels[i];
	}
	sample_open(&sample, sizes, 0.003);
	sample.other_run = number;
	sample.experiment.measure.restarts = (uint32_t)(TRIALS / sample.experiment.n_cells) + 1;
	trials = sample.experiment.n_cells * (uint64_t)sample.experiment.measure.restarts;
	sample_folder(path, size);
	sample_write(&sample, path);
	sample_close(&sample);
	return trials;
}

/* The command's output goes into nothing; its time is returned. */
static uint64_t
time_compare(char *base, char *new)
{
	char name[] = "compare";
	char *argv[] = {name, base, new, NULL};
	int saved = dup(STDOUT_FILENO), nothing = open("/dev/null", O_WRONLY), status;
	uint64_t start_ns = clock_monotonic_ns();

	if (saved < 0 || nothing < 0)
		exit(EXIT_MACHINE_LACKS);
	dup2(nothing, STDOUT_FILENO);
	optind = 0;
	status = cmd_compare(3, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(nothing);
	if (status != EXIT_DONE && status != EXIT_INCONCLUSIVE && status != EXIT_VERDICT_FAILED) {
		fprintf(stderr, "bench_compare: folio compare ended with %d\n", status);
		exit(status);
	}
	return clock_monotonic_ns() - start_ns;
}

int
main(void)
{
	char base[64], new[64];
	uint64_t took_ns[ROUNDS], trials = write_run(base, sizeof(base), 1);

	write_run(new, sizeof(new), 2);
	for (int i = 0; i < ROUNDS; i++)
		took_ns[i] = time_compare(base, new);
	qsort(took_ns, ROUNDS, sizeof(took_ns[0]), compare_u64s);
	printf("folio compare of two runs of %llu trials: %.2f s (%.2f to %.2f), n = %d\n",
	       (unsigned long long)trials, (double)took_ns[ROUNDS / 2] / 1e9,
	       (double)took_ns[0] / 1e9, (double)took_ns[ROUNDS - 1] / 1e9, ROUNDS);
	sample_remove(base);
	sample_remove(new);
	return 0;
}
