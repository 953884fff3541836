/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another program that takes huge pages: every 2 MiB page that is free, and each that
 * comes free, until it is killed. Says so once none is left for the first time; exits
 * 77 where there is none to take.
 */
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static int
take_page(void)
{
	return mmap(NULL, HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)MFD_HUGE_2MB, -1,
		    0) != MAP_FAILED;
}

int
main(void)
{
	const struct timespec pause = {.tv_nsec = 50000};
	unsigned int taken = 0;

	while (take_page())
		taken++;
	if (!taken) {
		puts("SKIP: no free huge page of 2 MiB");
		return 77;
	}
	printf("%u huge pages taken\n", taken);
	fflush(stdout);
	for (;;)
		if (!take_page())
			nanosleep(&pause, NULL);
}
