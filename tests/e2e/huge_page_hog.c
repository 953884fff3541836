/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another program that takes huge pages: every 2 MiB page that is free, and each that
 * comes free, until it is killed. Says so once none is left for the first time.
 *   huge_page_hog [unfair]
 * unfair: it waits until a folio has claimed pages, and is faster at taking them.
 */
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB"
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static int
take_page(void)
{
	return mmap(NULL, HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)MFD_HUGE_2MB, -1,
		    0) != MAP_FAILED;
}

static const struct timespec a_moment = {.tv_nsec = 50000};

static void
await_claim(void)
{
	int pool = open(POOL, O_RDONLY | O_DIRECTORY);

	while (!flock(pool, LOCK_EX | LOCK_NB)) {
		flock(pool, LOCK_UN);
		nanosleep(&a_moment, NULL);
	}
}

int
main(int argc, char **argv)
{
	unsigned int taken = 0;

	if (argc > 1 && !strcmp(argv[1], "unfair"))
		await_claim();
	while (take_page())
		taken++;
	printf("%u huge pages taken\n", taken);
	fflush(stdout);
	for (;;)
		if (!take_page())
			nanosleep(&a_moment, NULL);
}
