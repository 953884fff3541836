/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands in for changes of page states: work on this process's page tables, by page
 * size, alone and with a thread running on another core, whose TLB is then shot down.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/fidelity.h"
#include "runner/calibrate/calibration.h"
#include "runner/calibrate/companion.h"
#include "runner/calibrate/mapping.h"

static int
run_mprotect(void *arg)
{
	const struct mapping *mapping = arg;

	if (mprotect(mapping->at, mapping->bytes, PROT_NONE) < 0 ||
	    mprotect(mapping->at, mapping->bytes, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	mapping_touch(mapping);
	return 0;
}

static int
run_refault(void *arg)
{
	const struct mapping *mapping = arg;

	if (madvise(mapping->at, mapping->bytes, MADV_DONTNEED) < 0)
		return -errno;
	mapping_touch(mapping);
	return 0;
}

static int
punch(const struct mapping *mapping)
{
	off_t offset = (off_t)(mapping->at - (uint8_t *)mapping->whole);

	return fallocate(mapping->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
			 (off_t)mapping->bytes) < 0 ?
		       -errno :
		       0;
}

static int
run_punch(void *arg)
{
	int error = punch(arg);

	if (!error)
		mapping_touch(arg);
	return error;
}

/*
 * A hole gives the reserved page back to all: when another process has taken it by then,
 * a touch would kill this one, where asking for the fault is an error (madvise(2)).
 */
static int
run_punch_reserved(void *arg)
{
	const struct mapping *mapping = arg;
	int error = punch(mapping);

	if (!error && madvise(mapping->at, mapping->bytes, MADV_POPULATE_WRITE) < 0)
		error = -errno;
	return error;
}

/* The huge page is mapped by 4 KiB entries from here on. */
static int
run_split(void *arg)
{
	const struct mapping *mapping = arg;

	return mprotect(mapping->at, SMALL_PAGE_BYTES, PROT_READ) < 0 ? -errno : 0;
}

static int
prepare_split(void *arg)
{
	const struct mapping *mapping = arg;

	if (mprotect(mapping->at, mapping->bytes, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	return mapping_collapse(mapping);
}

#define MPROTECT_HELP "mprotect to none and back, and a touch"
#define REFAULT_HELP "madvise DONTNEED and a fault"
#define PUNCH_HELP "a hole punched in a memfd and a fault"

static const struct stand_in {
	const char *name, *help;
	enum backing backing;
	size_t bytes;
	int (*run)(void *arg);
	int (*prepare)(void *arg);
} stand_ins[] = {
	{"mprotect_4k", MPROTECT_HELP ", 4 KiB", BACKING_ANON, SMALL_PAGE_BYTES, run_mprotect,
	 NULL},
	{"mprotect_2m", MPROTECT_HELP ", 512 pages of 4 KiB", BACKING_ANON, LARGE_PAGE_BYTES,
	 run_mprotect, NULL},
	{"mprotect_2m_thp", MPROTECT_HELP ", a transparent huge page", BACKING_THP,
	 LARGE_PAGE_BYTES, run_mprotect, NULL},
	{"mprotect_2m_hugetlb", MPROTECT_HELP ", a reserved huge page", BACKING_HUGETLB,
	 LARGE_PAGE_BYTES, run_mprotect, NULL},
	{"refault_4k", REFAULT_HELP ", 4 KiB", BACKING_ANON, SMALL_PAGE_BYTES, run_refault, NULL},
	{"refault_2m", REFAULT_HELP " for each of 512 pages of 4 KiB", BACKING_ANON,
	 LARGE_PAGE_BYTES, run_refault, NULL},
	{"refault_2m_thp", REFAULT_HELP ", a transparent huge page", BACKING_THP, LARGE_PAGE_BYTES,
	 run_refault, NULL},
	{"punch_4k", PUNCH_HELP ", 4 KiB", BACKING_MEMFD, SMALL_PAGE_BYTES, run_punch, NULL},
	{"punch_2m", PUNCH_HELP " for each of 512 pages of 4 KiB", BACKING_MEMFD, LARGE_PAGE_BYTES,
	 run_punch, NULL},
	{"punch_2m_hugetlb", PUNCH_HELP ", a reserved huge page", BACKING_MEMFD_HUGETLB,
	 LARGE_PAGE_BYTES, run_punch_reserved, NULL},
	{"split_2m_thp", "4 KiB split out of a transparent huge page by mprotect, as PSMASH splits",
	 BACKING_THP, LARGE_PAGE_BYTES, run_split, prepare_split},
};

#define N_STAND_INS (sizeof(stand_ins) / sizeof(stand_ins[0]))

static void
measure_one(struct calibration *c, const struct stand_in *stand_in, const char *suffix,
	    const char *more_help)
{
	char name[48], help[128], why[96];
	struct mapping mapping;
	const struct operation operation = {
		.name = name,
		.help = help,
		.fidelity = FIDELITY_STAND_IN,
		.run = stand_in->run,
		.prepare = stand_in->prepare,
		.arg = &mapping,
	};

	snprintf(name, sizeof(name), "%s%s", stand_in->name, suffix);
	snprintf(help, sizeof(help), "%s%s", stand_in->help, more_help);
	if (mapping_open(&mapping, stand_in->backing, stand_in->bytes, why, sizeof(why))) {
		calibration_lacks(c, &operation, "%s", why);
		return;
	}
	calibration_measure(c, &operation);
	mapping_close(&mapping);
}

#define SHOT_SUFFIX "_shootdown"

static void
measure_shootdowns(struct calibration *c)
{
	static const struct operation all = {
		.name = "(all of the above)" SHOT_SUFFIX,
		.help = "with a thread running on another core",
		.fidelity = FIDELITY_STAND_IN,
	};
	struct companion companion;

	if (c->other_cpu < 0) {
		calibration_lacks(c, &all, "there is no other core");
		return;
	}
	if (companion_start(&companion, c->other_cpu)) {
		calibration_lacks(c, &all, "no thread could be started");
		return;
	}
	for (size_t i = 0; i < N_STAND_INS; i++)
		measure_one(c, &stand_ins[i], SHOT_SUFFIX, "; a thread on another core");
	companion_stop(&companion);
}

void
measure_page_tables(struct calibration *c)
{
	for (size_t i = 0; i < N_STAND_INS; i++)
		measure_one(c, &stand_ins[i], "", "");
	measure_shootdowns(c);
}
