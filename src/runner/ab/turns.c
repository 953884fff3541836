/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/ab/turns.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int
turns_create(void)
{
	int fd = memfd_create("folio-turns", MFD_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(struct turns)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int
turns_map(int fd, struct turns **turns)
{
	void *page = mmap(NULL, sizeof(**turns), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		return -errno;
	*turns = page;
	return 0;
}

void
turns_unmap(struct turns *turns)
{
	munmap(turns, sizeof(*turns));
}

void
turns_await(struct turns *turns, uint32_t slice)
{
	uint32_t now;

	/* Woken, or changed before it slept, or neither: looked at again. */
	while ((now = atomic_load(&turns->slice)) != slice)
		syscall(SYS_futex, &turns->slice, FUTEX_WAIT, now, NULL, NULL, 0);
}

void
turns_pass(struct turns *turns, uint32_t slice, bool other_side)
{
	atomic_store(&turns->slice, slice);
	if (other_side)
		syscall(SYS_futex, &turns->slice, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
