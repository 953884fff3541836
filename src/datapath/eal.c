/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts DPDK's environment as this project wants it: nothing shared with other
 * processes, nothing left behind, no device scan, one core.
 */
#include "datapath/eal.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_memory.h>
#include <rte_pci.h>
#include <rte_version.h>

#include "base/log.h"
#include "datapath/config.h"
#include "datapath/huge_pages.h"

/* DPDK's heap: three pools of some thousand mbufs for each device, and the host's. */
#define HEAP_MIB 128
/* Without huge pages the heap cannot grow. */
#define HEAP_MIB_FIXED 512

static bool huge;
static bool virtio_user;                   /* it will run: see datapath_expect() */
static size_t set_heap_bytes;              /* 0: datapath_start() counts */
static char pci_device[OPTION_TEXT_BYTES]; /* empty: none */

void
datapath_set_memory(size_t heap_bytes, bool huge_pages)
{
	set_heap_bytes = heap_bytes;
	huge = huge_pages;
}

static size_t
heap_mib(void)
{
	if (set_heap_bytes)
		return set_heap_bytes >> 20;
	return huge ? HEAP_MIB : HEAP_MIB_FIXED;
}

bool
datapath_huge_pages(void)
{
	return huge;
}

const char *
datapath_page_kind(bool huge_pages)
{
	return huge_pages ? "2 MiB huge pages" : "4 KiB pages";
}

const char *
datapath_dpdk_version(void)
{
	return rte_version();
}

void
datapath_expect(const struct datapath_config *config)
{
	char address[32];
	struct rte_pci_addr ignored;

	virtio_user |= config->device == DEVICE_VIRTIO_USER;
	if (config->device != DEVICE_ETHDEV)
		return;
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(config->devargs, ","),
		 config->devargs);
	if (!rte_pci_addr_parse(address, &ignored))
		memcpy(pci_device, config->devargs, sizeof(pci_device));
}

static int
refuse_growth(int socket, size_t limit_bytes, size_t wanted_bytes)
{
	(void)socket, (void)limit_bytes, (void)wanted_bytes;
	return -1;
}

/* What DPDK got at its start it keeps; what it would get later it would also give back. */
static int
forbid_growth(void)
{
	for (unsigned int i = 0; i < rte_socket_count(); i++)
		if (rte_mem_alloc_validator_register("folio", refuse_growth,
						     rte_socket_id_by_idx(i), 1))
			return -rte_errno;
	return 0;
}

int
datapath_start(int cpu, const char *runtime_dir, size_t shared_bytes)
{
	char core[16], heap[24];
	int error;

	if (cpu < 0)
		cpu = sched_getcpu();
	if (cpu < 0)
		return -errno;
	/* DPDK numbers its cores by itself: it knows fewer numbers than a large machine has cores. */
	snprintf(core, sizeof(core), "0@%d", cpu);
	if (!set_heap_bytes)
		huge = datapath_enough_huge_pages(((size_t)HEAP_MIB << 20) + shared_bytes);
	snprintf(heap, sizeof(heap), "%zu", heap_mib());
	/* DPDK takes --no-huge for a way of storing files, which --in-memory excludes. */
	const char *args[] = {
		"folio",
		huge ? "--in-memory" : "--no-huge",
		"--no-shconf",
		"--no-telemetry",
		"--iova-mode=va",
		"--log-level=error",
		"--lcores",
		core,
		"-m",
		heap,
		*pci_device ? "-a" : "--no-pci",
		NULL,
		NULL,
		NULL,
		NULL,
	};
	int n = 0;

	while (args[n])
		n++;
	if (*pci_device)
		args[n++] = pci_device;
	if (virtio_user)
		args[n++] = "--force-max-simd-bitwidth=512"; /* else 256: see virtio_user.c */
	if (huge && virtio_user)
		args[n++] = "--single-file-segments";

	if (setenv("RUNTIME_DIRECTORY", runtime_dir, 1) < 0)
		return -errno;
	if (rte_eal_init(n, (char **)(uintptr_t)args) < 0) {
		error = rte_errno ? -rte_errno : -EIO;
		log_error("DPDK did not start on core %d: %s", cpu, rte_strerror(-error));
		return error;
	}
	/* Without huge pages it is fixed anyway. */
	return huge && virtio_user ? forbid_growth() : 0;
}
