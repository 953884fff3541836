/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source tlb_check: at each entry (VMRUN) the processor checks, under SEV-SNP, that
 * the hypervisor has not left stale translations to the guest, and flushes them where
 * it might have. The check's cost is added to each exit's budget.
 *
 * With flush on, the flush is a real one, within that budget: a mapping of more pages
 * than the kernel flushes one by one (tlb_single_page_flush_ceiling, 33 unless it was
 * changed) is made inaccessible, for which it flushes the whole address space, huge
 * pages too, from this core's TLB, and by a shoot-down from that of each other core
 * that runs a thread of the process; then the mapping is made accessible again. What
 * the guest pays for afterwards is what it pays after VMRUN: translations to be
 * walked again. A thread kept running only to be interrupted would disturb what is
 * measured, so there is none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "datapath/sources/exit_cost.h"

#define PAGE_BYTES 4096u
/* One more than the kernel flushes one by one: more would only take longer. */
#define FLUSHED_BYTES (34 * PAGE_BYTES)

struct tlb_check_options {
	struct exit_cost_options cost;
	bool flush;
};

struct tlb_check {
	struct exit_addition addition;
	void *pages; /* NULL: nothing is flushed */
	uint64_t flushes, failures;
};

_Static_assert(offsetof(struct tlb_check_options, cost) == 0, "EXIT_COST_OPTION's offset");

static const struct option_spec options[] = {
	EXIT_COST_OPTION("tlb_check", "what each exit takes longer, a flush included"),
	{.name = "flush",
	 .type = OPTION_SWITCH,
	 .offset = offsetof(struct tlb_check_options, flush),
	 .preset = "off",
	 .help = "flushes the TLB for real at each exit"},
	{0},
};

static const struct counter counters[] = {
	{"exits", offsetof(struct tlb_check, addition.exits), "exits",
	 "exits that it was added to"},
	{"flushes", offsetof(struct tlb_check, flushes), "flushes", "of the whole TLB"},
	{"failures", offsetof(struct tlb_check, failures), "flushes", "that the kernel refused"},
	{0},
};

static unsigned int
fidelity(const void *settings)
{
	const struct tlb_check_options *chosen = settings;

	return FIDELITY_MODELLED | (chosen->flush ? FIDELITY_STAND_IN : 0);
}

static void
flush(void *state)
{
	struct tlb_check *check = state;

	if (mprotect(check->pages, FLUSHED_BYTES, PROT_NONE) ||
	    mprotect(check->pages, FLUSHED_BYTES, PROT_READ | PROT_WRITE))
		check->failures++;
	else
		check->flushes++;
}

static void
tlb_check_close(void *state)
{
	struct tlb_check *check = state;

	if (check->pages)
		munmap(check->pages, FLUSHED_BYTES);
	free(check);
}

/* Shared, so that it is a mapping of its own, which never merges with a neighbour. */
static int
prepare_flush(struct tlb_check *check)
{
	void *pages = mmap(NULL, FLUSHED_BYTES, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (pages == MAP_FAILED) {
		log_error("source tlb_check: %u B to flush by: %s", FLUSHED_BYTES, strerror(errno));
		return -errno;
	}
	check->pages = pages;
	check->addition.act = flush;
	check->addition.state = check;
	return 0;
}

static int
tlb_check_open(const struct source_env *env, const void *settings, void **state)
{
	const struct tlb_check_options *chosen = settings;
	struct tlb_check *check = calloc(1, sizeof(*check));
	int error;

	if (!check)
		return -ENOMEM;
	check->addition.cost_cycles = chosen->cost.cost_cycles;
	error = chosen->flush ? prepare_flush(check) : 0;
	if (error) {
		tlb_check_close(check);
		return error;
	}
	exit_engine_add(env->exits, &check->addition);
	*state = check;
	return 0;
}

extern const struct source source_tlb_check;

const struct source source_tlb_check = {
	.name = "tlb_check",
	.help = "check of the TLB at each entry, and its flush (SEV-SNP)",
	.acts_at = "exit",
	.fidelity = FIDELITY_STAND_IN | FIDELITY_MODELLED,
	.fidelity_as_set = fidelity,
	.options = options,
	.counters = counters,
	.open = tlb_check_open,
	.close = tlb_check_close,
};
