/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this machine's primitives cost: a list of figures, and how one is taken.
 *
 * A primitive is run over and over on one core, for a set time or until there are
 * SAMPLES_MAX samples; what the clock's own readings take is taken off. Short ones are
 * timed by the batch. A primitive that cannot run here is listed too, with the reason.
 *
 * Each group of primitives is one file with one function, and one line of the table in
 * calibrate.c.
 */
#ifndef FOLIO_RUNNER_CALIBRATION_H
#define FOLIO_RUNNER_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#define SAMPLES_MAX 20000u

struct primitive {
	char name[48];
	uint32_t group; /* index into calibration_groups[] */
	char help[128];
	unsigned int fidelity;
	bool is_check; /* of the meter itself: no cost, and in no profile */
	uint32_t n;    /* samples; 0: there is no figure */
	double p5_cycles, p50_cycles, p95_cycles, p99_cycles;
	char lack[160]; /* why there is no figure */
};

struct calibration {
	int cpu;              /* where primitives run */
	int other_cpu;        /* for what takes another thread; -1: there is none */
	int sibling_cpu;      /* that shares cpu's execution units; -1: none was found */
	uint64_t row_ns;      /* for each primitive */
	uint64_t deadline_ns; /* for all of them, on CLOCK_MONOTONIC */
	double clock_cycles;  /* between two readings of the clock with nothing in between */
	double tsc_hz;        /* against CLOCK_MONOTONIC */
	double *samples_cycles;
	struct primitive *primitives;
	uint32_t n;
	uint32_t group; /* that is under way */
	bool out_of_memory;
};

/* What is measured. */
struct operation {
	const char *name, *help;
	unsigned int fidelity;
	int (*run)(void *arg);     /* returns 0 or -errno */
	int (*prepare)(void *arg); /* before each batch, untimed, as run(); NULL: nothing */
	void *arg;
	uint32_t batch; /* runs in a sample; 0: one */
	bool is_check;
};

/* Measures it and adds its figures, or the reason why there are none. */
void calibration_measure(struct calibration *calibration, const struct operation *operation);

/* Adds n figures that stand in samples_cycles; they are sorted. */
void calibration_add(struct calibration *calibration, const struct operation *operation,
		     uint32_t n);

/* Adds a primitive that cannot be measured here. */
void calibration_lacks(struct calibration *calibration, const struct operation *operation,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The groups. */
void measure_clock(struct calibration *calibration);
void measure_exits(struct calibration *calibration);
void measure_cpuid(struct calibration *calibration);
void measure_page_tables(struct calibration *calibration);
void measure_copies(struct calibration *calibration);
void measure_wakeups(struct calibration *calibration);
void measure_cores(struct calibration *calibration);

#endif
