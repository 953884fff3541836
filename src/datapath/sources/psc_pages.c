/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/sources/psc_pages.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/joint.h"

static void
pages_close(void *object)
{
	struct psc_pages *pages = object;

	for (unsigned int q = 0; q < QUEUES_MAX; q++)
		free(pages->waiting[q].spans);
	free(pages->users);
	psc_memory_close(&pages->memory);
	free(pages);
}

static int
open_waiting(struct psc_pages *pages, unsigned int n_queues, uint32_t every)
{
	for (unsigned int q = 0; every && q < n_queues; q++) {
		pages->waiting[q].spans = calloc(every, sizeof(struct psc_span));
		if (!pages->waiting[q].spans)
			return -ENOMEM;
	}
	return 0;
}

static int
pages_open(const struct guest *guest, const void *key, void **object)
{
	const struct psc_key *wanted = key;
	struct psc_pages *pages = calloc(1, sizeof(*pages));
	int error;

	if (!pages)
		return -ENOMEM;
	pages->stand_in = psc_stand_ins[wanted->stand_in];
	error = psc_memory_open(&pages->memory, pages->stand_in, guest->data_bytes,
				wanted->page_bytes);
	if (error) {
		free(pages);
		return error;
	}
	rte_spinlock_init(&pages->lock);
	pages->users = calloc(guest->data_bytes / wanted->page_bytes, sizeof(*pages->users));
	if (!pages->users || open_waiting(pages, guest->n_queues, wanted->every)) {
		log_error("source psc: what is known of pages: not enough memory");
		pages_close(pages);
		return -ENOMEM;
	}
	*object = pages;
	return 0;
}

static const struct joint_kind kind = {
	.key_bytes = sizeof(struct psc_key),
	.open = pages_open,
	.close = pages_close,
};

int
psc_pages_get(const struct guest *guest, const struct psc_key *key, struct psc_pages **pages)
{
	void *object = NULL;
	int error = joint_get(&kind, guest, key, &object);

	*pages = object;
	return error;
}

void
psc_pages_put(struct psc_pages *pages)
{
	joint_put(pages);
}

void
psc_pages_share(struct psc_pages *pages, struct psc_span span, struct psc_counts *counts)
{
	const struct psc_stand_in *stand_in = pages->stand_in;

	for (uint32_t page = span.first; page <= span.last; page++) {
		if (pages->users[page]++)
			continue;
		counts->conversions++;
		if (stand_in->share(&pages->memory, page))
			counts->failures++;
		else
			counts->shootdowns += stand_in->shoots_down;
	}
}

void
psc_pages_take_back(struct psc_pages *pages, struct psc_span span, struct psc_counts *counts)
{
	for (uint32_t page = span.first; page <= span.last; page++) {
		if (--pages->users[page])
			continue;
		counts->conversions++;
		counts->failures += pages->stand_in->take_back(&pages->memory, page) != 0;
	}
}
