/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/commands/host_options.h"

static const char *const rate_words[] = {
	[HOST_RATE_MAX] = "max", [HOST_RATE_CAPTURE] = "capture", NULL};

/* Faster than any virtual device, and far from what 64-bit arithmetic can hold. */
#define RATE_MAX_PPS 1e9
#define DURATION_MAX_NS 1e15
#define CPU_MAX 65535

#define AT(field) .offset = offsetof(struct host_options, field)

const struct option_spec host_option_specs[] = {
	{.name = "socket",
	 .type = OPTION_TEXT,
	 AT(socket),
	 .help = "the vhost-user socket's path, at most 107 bytes; wanted"},
	{.name = "server",
	 .type = OPTION_SWITCH,
	 AT(server),
	 .help = "listen at the socket; else connect to the guest, as soon as one listens"},
	{.name = "queues",
	 .type = OPTION_COUNT,
	 AT(queues),
	 .preset = "8",
	 .min = 1,
	 .max = 8,
	 .help = "send on so many queue pairs, or on as many as the guest has, if fewer"},
	{.name = "traffic",
	 .type = OPTION_TEXT,
	 AT(traffic),
	 .preset = "64",
	 .help = "frames: a size of 60 to 9000 bytes, payload:SIZE of a UDP datagram, imix "
		 "(7:4:1), "
		 "or pcap:FILE"},
	{.name = "rate",
	 .type = OPTION_RATE,
	 AT(rate),
	 .preset = "max",
	 .choices = rate_words,
	 .min = 1,
	 .max = RATE_MAX_PPS,
	 .help = "as fast as possible, by the capture's own timing, or so many frames a second"},
	{.name = "flows",
	 .type = OPTION_COUNT,
	 AT(flows),
	 .preset = "64",
	 .min = 1,
	 .max = 65535,
	 .help = "flows of generated frames; each goes to one queue"},
	{.name = "settle",
	 .type = OPTION_TIME,
	 AT(settle_ns),
	 .preset = "20 ms",
	 .max = 3600e9,
	 .help = "send nothing so long after the guest, or a queue of it, came; testpmd wants 1 s"},
	{.name = "duration",
	 .type = OPTION_TIME,
	 AT(duration_ns),
	 .max = DURATION_MAX_NS,
	 .help = "end so long after the first frame; without it, when it is interrupted"},
	{.name = "count",
	 .type = OPTION_COUNT,
	 AT(count),
	 .min = 1,
	 .max = UINT32_MAX,
	 .help = "end after so many frames were sent"},
	{.name = "cpu",
	 .type = OPTION_COUNT,
	 AT(cpu),
	 .max = CPU_MAX,
	 .help = "core to poll on; without it, the first one that it may run on (a guest takes the "
		 "last)"},
	{.name = "kicks",
	 .type = OPTION_SWITCH,
	 AT(kicks),
	 .help = "leave notifications on: the guest kicks, though nothing waits for it"},
	{.name = "iommu",
	 .type = OPTION_SWITCH,
	 AT(iommu),
	 .help = "translate addresses, for a guest with source iotlb"},
	{.name = NULL},
};
