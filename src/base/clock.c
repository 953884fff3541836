/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/clock.h"

#include <cpuid.h>
#include <stdbool.h>
#include <time.h>

#define NS_PER_S 1000000000u

uint64_t
clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Leaf 0x15: TSC = crystal * ebx / eax (Intel SDM volume 2, CPUID; AMD parts report zeros). */
static uint64_t
hz_from_crystal(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(0x15, &eax, &ebx, &ecx, &edx) || !eax || !ebx || !ecx)
		return 0;
	return (uint64_t)ecx * ebx / eax;
}

/* Hypervisor timing leaf 0x40000010: EAX is the TSC rate in kHz (VMware's, also KVM's when offered). */
static uint64_t
hz_from_hypervisor(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx & (1u << 31)))
		return 0;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	if (eax < 0x40000010)
		return 0;
	__cpuid(0x40000010, eax, ebx, ecx, edx);
	return (uint64_t)eax * 1000;
}

static uint64_t
hz_measured(void)
{
	uint64_t start_ns = clock_monotonic_ns(), start = clock_tsc(), now_ns;

	do
		now_ns = clock_monotonic_ns();
	while (now_ns - start_ns < 20000000);
	return (uint64_t)((double)(clock_tsc() - start) * NS_PER_S / (double)(now_ns - start_ns));
}

uint64_t
clock_tsc_hz(void)
{
	static uint64_t hz;

	if (!hz)
		hz = hz_from_crystal();
	if (!hz)
		hz = hz_from_hypervisor();
	if (!hz)
		hz = hz_measured();
	return hz;
}
