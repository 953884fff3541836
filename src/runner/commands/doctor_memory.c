/* SPDX-License-Identifier: BSD-3-Clause */
/* folio doctor: memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runner/commands/doctor.h"
#include "runner/results/machine.h"

/* DPDK's heap of 256 MiB, and a shared region for up to three devices. */
#define MEMORY_NEEDED_MIB 512u
/* Of 2 MiB; as many as ./bootstrap asks for. */
#define HUGE_PAGES_WANTED 256u

static uint64_t
available_mib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	uint64_t kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib / 1024;
}

static uint64_t
huge_mib_free(void)
{
	struct machine machine;

	machine_read(&machine);
	return (uint64_t)machine.huge_pages_2mb_free * 2;
}

void
doctor_memory(struct finding *f)
{
	uint64_t available = available_mib(), huge = huge_mib_free();

	finding_set(f, available + huge >= MEMORY_NEEDED_MIB ? VERDICT_OK : VERDICT_MISSING,
		    "%" PRIu64 " MiB available, and %" PRIu64 " MiB of free huge pages", available,
		    huge);
	finding_get_it(f, "free %u MiB", MEMORY_NEEDED_MIB);
}

void
doctor_shared_memory(struct finding *f)
{
	int fd = memfd_create("folio-doctor", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 4096) < 0) {
		finding_set(f, VERDICT_MISSING, "memfd_create: %s", strerror(errno));
		finding_get_it(f, "allow the system call (seccomp profile), or free memory");
	} else {
		finding_set(f, VERDICT_OK, "memfd works");
	}
	if (fd >= 0)
		close(fd);
}

void
doctor_huge_pages(struct finding *f)
{
	struct machine machine;

	machine_read(&machine);
	finding_set(f, VERDICT_OK, "%u of 2 MiB, %u free", machine.huge_pages_2mb,
		    machine.huge_pages_2mb_free);
	if (machine.huge_pages_2mb_free >= HUGE_PAGES_WANTED)
		return;
	f->verdict = machine.huge_pages_2mb ? VERDICT_LIMITED : VERDICT_MISSING;
	finding_get_it(f, "as root: sysctl vm.nr_hugepages=%u; without, folio works on 4 KiB pages",
		       machine.huge_pages_2mb - machine.huge_pages_2mb_free + HUGE_PAGES_WANTED);
}

void
doctor_memlock(struct finding *f)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0) {
		finding_set(f, VERDICT_LIMITED, "getrlimit: %s", strerror(errno));
		return;
	}
	if (limit.rlim_cur == RLIM_INFINITY)
		finding_set(f, VERDICT_OK, "no limit");
	else if (geteuid() == 0)
		finding_set(f, VERDICT_OK, "%ju KiB, which does not bind root",
			    (uintmax_t)limit.rlim_cur / 1024);
	else
		finding_set(f, VERDICT_LIMITED, "%ju KiB", (uintmax_t)limit.rlim_cur / 1024);
	finding_get_it(f, "ulimit -l unlimited (memlock in /etc/security/limits.conf)");
}
