/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the reader of captures. What is taken must be what the generator relies
 * on: lengths within limits, bytes that can be read, times that never fall.
 * Built with -DFOLIO_FUZZ=ON by clang; run: fuzz_pcap FOLDER tests/fuzz/corpus_pcap
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datapath/host/spread.h"
#include "datapath/host/traffic.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(const struct traffic *traffic)
{
	uint64_t last_ns = 0;

	if (!traffic->n || traffic->n > TRAFFIC_FRAMES_MAX)
		abort();
	for (uint32_t i = 0; i < traffic->n; i++) {
		const struct frame *frame = &traffic->frames[i];
		uint8_t copy[JUMBO_BYTES_MAX];

		if (frame->length_bytes < FRAME_BYTES_MIN ||
		    frame->length_bytes > JUMBO_BYTES_MAX || traffic->times_ns[i] < last_ns)
			abort();
		last_ns = traffic->times_ns[i];
		memcpy(copy, frame->bytes, frame->length_bytes);
		spread_hash(copy, frame->length_bytes);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct traffic traffic;
	char path[64], why[512];

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int error = traffic_open_capture(path, JUMBO_BYTES_MAX, &traffic, why, sizeof(why));

	close(fd);
	if (error && !*why)
		abort();
	if (error)
		return 0;
	check(&traffic);
	traffic_close(&traffic);
	return 0;
}
