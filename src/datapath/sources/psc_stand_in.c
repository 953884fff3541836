/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of stand-ins, what all of their memories have in common, and the one that does nothing. */
#include "datapath/sources/psc_stand_in.h"

#include <sys/mman.h>
#include <unistd.h>

/* One line each. */
#define STAND_INS(X)                                                                               \
	X(mprotect)                                                                                \
	X(punch)                                                                                   \
	X(guest_memfd)                                                                             \
	X(attributes)                                                                              \
	X(none)

#define DECLARE(id) extern const struct psc_stand_in psc_stand_in_##id;
#define ADDRESS(id) &psc_stand_in_##id,
#define NAME(id) #id,

STAND_INS(DECLARE)

const struct psc_stand_in *const psc_stand_ins[] = {STAND_INS(ADDRESS) NULL};
const char *const psc_stand_in_names[] = {STAND_INS(NAME) NULL};

int
psc_memory_open(struct psc_memory *memory, const struct psc_stand_in *stand_in, size_t bytes,
		size_t page_bytes)
{
	int error;

	*memory = (struct psc_memory){.bytes = bytes, .page_bytes = page_bytes, .fd = -1, .vm = -1};
	error = stand_in->open ? stand_in->open(memory) : 0;
	if (error)
		psc_memory_close(memory);
	return error;
}

void
psc_memory_close(struct psc_memory *memory)
{
	if (memory->address)
		munmap(memory->address, memory->bytes);
	if (memory->fd >= 0)
		close(memory->fd);
	if (memory->vm >= 0)
		close(memory->vm);
	*memory = (struct psc_memory){.fd = -1, .vm = -1};
}

static int
do_nothing(const struct psc_memory *memory, size_t page)
{
	(void)memory;
	(void)page;
	return 0;
}

const struct psc_stand_in psc_stand_in_none = {
	.name = "none",
	.help = "nothing: only the request's exit is charged",
	.share = do_nothing,
	.take_back = do_nothing,
};
