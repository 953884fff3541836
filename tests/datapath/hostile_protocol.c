/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend that says anything but what it should, at every step of the handshake
 * and on its own channel: boundary and random values, wrong sizes, descriptors that
 * nobody asked for, parts of messages, silence. The front end refuses or goes on,
 * as the protocol has it; it never waits beyond its time-out, and keeps nothing.
 */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "datapath/guest/iommu.h"
#include "datapath/guest/vhost_message.h"
#include "scripted_backend.h"

#define HEADER_BYTES 12u
/* No wait in these tests is longer, but where one says so. */
#define PATIENCE_MS 5000
#define ANY 1 /* for an expected result: whatever it is */

static struct scripted_backend backend;

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

/* What is said at a step in the honest reply's place. */
struct words {
	uint8_t bytes[256];
	size_t size;
	unsigned int n_fds;
	bool end; /* nothing follows */
};

static struct words
honest(unsigned int step)
{
	struct words words = {.size = SCRIPTED_REPLY_BYTES};
	struct vhost_message message;

	scripted_reply(step, &message);
	memcpy(words.bytes, &message, SCRIPTED_REPLY_BYTES);
	return words;
}

static struct words
with_u32(unsigned int step, size_t offset, uint32_t value)
{
	struct words words = honest(step);

	memcpy(words.bytes + offset, &value, sizeof(value));
	return words;
}

/* A handshake with these words at a step; all before and after is honest. Returns its result. */
static int
handshake(unsigned int step, const struct words *words, int expected)
{
	int lowest = scripted_lowest_fd(), error;

	assert_int_equal(scripted_connect(&backend, PATIENCE_MS), 0);
	scripted_say_honestly(&backend, 0, step);
	scripted_say(&backend, words->bytes, words->size, words->n_fds);
	if (!words->end)
		scripted_say_honestly(&backend, step + 1, SCRIPTED_STEPS);
	scripted_end(&backend);
	error = scripted_handshake(&backend);
	assert_true(vhost_user_gone(&backend.peer));
	scripted_disconnect(&backend);
	assert_int_equal(scripted_lowest_fd(), lowest);
	if (expected != ANY && error != expected)
		fail_msg("step %u: found %d, expected %d", step, error, expected);
	return error;
}

static void
an_honest_backend(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++) {
		struct words words = honest(step);

		handshake(step, &words, 0);
	}
}

static void
headers(void **state)
{
	static const uint32_t sizes[] = {0,  1,  7,  9,          11,         12,        39,
					 40, 41, 42, 0x7fffffff, 0x80000000, UINT32_MAX};

	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++) {
		struct vhost_message reply;

		scripted_reply(step, &reply);
		for (unsigned int bit = 0; bit < 32; bit++) {
			/* Version and reply flag matter; the other bits have no meaning in a reply. */
			struct words flags = with_u32(step, 4, reply.flags ^ 1u << bit),
				     request = with_u32(step, 0, reply.request ^ 1u << bit);

			handshake(step, &flags, bit < 3 ? -EPROTO : 0);
			handshake(step, &request, -EPROTO);
		}
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct words words = with_u32(step, 8, sizes[i]);

			assert_true(handshake(step, &words, ANY) < 0);
		}
	}
}

/* What a value means depends on the step: features and queues it has, or a refusal. */
static void
values(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++) {
		struct vhost_message reply;

		scripted_reply(step, &reply);
		for (unsigned int bit = 0; bit < 64; bit++) {
			uint64_t value = step < 2 ? ~(1ull << bit) : 1ull << bit;
			bool wanted = step < 2 && reply.payload.u64 >> bit & 1;
			int expected = step < 2  ? (wanted ? -ENOTSUP : 0) :
				       step == 2 ? (value < SCRIPTED_PAIRS ? -ENOTSUP : 0) :
						   -EREMOTEIO;
			struct words words = honest(step);

			memcpy(words.bytes + HEADER_BYTES, &value, sizeof(value));
			handshake(step, &words, expected);
		}
	}
}

static void
descriptors(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++)
		for (unsigned int n = 1; n <= 8; n++) {
			struct words words = honest(step);

			words.n_fds = n;
			handshake(step, &words, 0);
		}
}

static void
parts_and_extras(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++) {
		for (unsigned int bytes = 0; bytes < SCRIPTED_REPLY_BYTES; bytes++) {
			struct words words = honest(step);

			words.size = bytes;
			words.end = true;
			handshake(step, &words, -EPIPE);
		}
		for (unsigned int extra = 1; extra <= SCRIPTED_REPLY_BYTES; extra++) {
			struct words words = honest(step);

			words.size += extra;
			/* After the last reply nothing is read any more: then the peer counts as gone. */
			assert_true((handshake(step, &words, ANY) < 0) ==
				    (step < SCRIPTED_STEPS - 1));
		}
	}
}

/* Replies early, late, twice: only the next request's own will do. */
static void
out_of_order(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++)
		for (unsigned int other = 0; other < SCRIPTED_STEPS; other++) {
			struct vhost_message a, b;
			struct words words = honest(other);

			scripted_reply(step, &a);
			scripted_reply(other, &b);
			handshake(step, &words, a.request == b.request ? 0 : -EPROTO);
		}
}

static void
random_bytes(void **state)
{
	struct random_state random = {.state = 1};

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int step = (unsigned int)(random_next(&random) % SCRIPTED_STEPS);
		struct words words = honest(step);

		words.size = random_next(&random) % sizeof(words.bytes);
		words.n_fds = (unsigned int)(random_next(&random) % 9);
		for (size_t at = random_next(&random) % SCRIPTED_REPLY_BYTES; at < words.size; at++)
			words.bytes[at] = (uint8_t)random_next(&random);
		handshake(step, &words, ANY);
	}
}

/* A backend that stops in the middle of a reply, or never begins one, is given up in time. */
static void
silence(void **state)
{
	static const unsigned int parts[] = {0, 3, HEADER_BYTES, SCRIPTED_REPLY_BYTES - 1};

	(void)state;
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step += 4)
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			struct words words = honest(step);

			assert_int_equal(scripted_connect(&backend, 10), 0);
			scripted_say_honestly(&backend, 0, step);
			scripted_say(&backend, words.bytes, parts[i], 0);
			assert_int_equal(scripted_handshake(&backend), -ETIMEDOUT);
			scripted_disconnect(&backend);
		}
}

static void
keep_text(enum log_level level, const char *text, void *arg)
{
	(void)level;
	snprintf(arg, 512, "%s", text);
}

/* A backend that goes away in the middle of it: the message says at which request. */
static void
names_the_request(void **state)
{
	char said[512];

	(void)state;
	log_set_sink(keep_text, said);
	for (unsigned int step = 0; step < SCRIPTED_STEPS; step++) {
		const struct words nothing = {.end = true};
		struct vhost_message reply;
		char text[128];

		scripted_reply(step, &reply);
		snprintf(text, sizeof(text), "%s, at %s: the backend went away",
			 step < 4 ? "handshake" : "handing over memory and rings",
			 vhost_request_name(reply.request));
		handshake(step, &nothing, -EPIPE);
		if (!strstr(said, text))
			fail_msg("'%s' does not say '%s'", said, text);
	}
	log_set_sink(drop_message, NULL);
}

/* One byte at a time: the time-out is for the whole reply, not for each byte. */
static void *
drip(void *arg)
{
	struct words words = honest(0);

	(void)arg;
	for (size_t i = 0; i < words.size; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		scripted_say(&backend, words.bytes + i, 1, 0);
	}
	return NULL;
}

static void
dripping(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(scripted_connect(&backend, 50), 0);
	assert_int_equal(pthread_create(&thread, NULL, drip, NULL), 0);
	assert_int_equal(scripted_handshake(&backend), -ETIMEDOUT);
	pthread_join(thread, NULL);
	scripted_disconnect(&backend);
}

/* --- The backend's own channel, with the IOMMU's thread behind it. */

static struct iommu *
open_iommu(void)
{
	struct region *region = &backend.region;
	struct iommu *iommu;

	assert_int_equal(scripted_connect(&backend, 200), 0);
	scripted_say_honestly(&backend, 0, SCRIPTED_STEPS);
	assert_int_equal(scripted_handshake(&backend), 0);
	scripted_channel(&backend);
	assert_true(backend.channel_fd >= 0);
	assert_int_equal(iommu_open(&backend.peer, region, region->base + REGION_ALIGN_BYTES,
				    region->size_bytes - REGION_ALIGN_BYTES, &iommu),
			 0);
	assert_int_equal(iommu_start(iommu), 0);
	return iommu;
}

static void
close_iommu(struct iommu *iommu)
{
	iommu_close(iommu);
	scripted_disconnect(&backend);
}

static struct vhost_message
miss(uint64_t iova, uint64_t size, uint8_t type)
{
	return (struct vhost_message){
		.request = VHOST_USER_BACKEND_IOTLB_MSG,
		.flags = VHOST_FLAG_VERSION_1,
		.payload_bytes = sizeof(struct vhost_iotlb_msg),
		.payload.iotlb = {.iova = iova, .size = size, .perm = 3, .type = type},
	};
}

/* A translation is given for what lies in the region, and covers nothing outside. */
static void
expect_update(uint64_t iova)
{
	const struct region *region = &backend.region;
	struct vhost_message update;

	assert_int_equal(vhost_message_receive(backend.fd, &update, PATIENCE_MS, -1), 0);
	assert_int_equal(update.request, VHOST_USER_IOTLB_MSG);
	const struct vhost_iotlb_msg copy = update.payload.iotlb, *given = &copy;

	assert_int_equal(given->type, VHOST_IOTLB_UPDATE);
	assert_int_equal(given->uaddr, given->iova);
	assert_true(given->iova >= REGION_IOVA && given->iova <= iova);
	assert_true(iova - given->iova < given->size);
	assert_true(given->size <= region->size_bytes - (given->iova - REGION_IOVA));
}

static void
translations(void **state)
{
	static const uint64_t sizes[] = {0, 1, 4096, 1ull << 32, UINT64_MAX};
	uint64_t bytes = backend.region.size_bytes;
	const uint64_t iovas[] = {0,
				  1,
				  REGION_IOVA - 1,
				  REGION_IOVA,
				  REGION_IOVA + REGION_ALIGN_BYTES - 1,
				  REGION_IOVA + REGION_ALIGN_BYTES,
				  REGION_IOVA + bytes - 1,
				  REGION_IOVA + bytes,
				  (uintptr_t)backend.region.base,
				  1ull << 63,
				  UINT64_MAX};
	struct iommu *iommu = open_iommu();
	uint64_t given = 0, asked = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(iovas) / sizeof(iovas[0]); i++)
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
			for (unsigned int type = 0; type < 256; type += type < 8 ? 1 : 31) {
				struct vhost_message message =
					miss(iovas[i], sizes[j], (uint8_t)type);
				bool inside = iovas[i] - REGION_IOVA < bytes;

				assert_int_equal(vhost_message_send(backend.channel_fd, &message,
								    backend.eventfd),
						 0);
				if (type != VHOST_IOTLB_MISS)
					continue;
				asked++;
				given += inside;
				if (inside)
					expect_update(iovas[i]);
			}
	/* Answers come in order: with this one all are given. */
	struct vhost_message last = miss(REGION_IOVA, 1, VHOST_IOTLB_MISS);

	assert_int_equal(vhost_message_send(backend.channel_fd, &last, -1), 0);
	expect_update(REGION_IOVA);
	asked++, given++;
	assert_false(vhost_user_gone(&backend.peer));
	assert_int_equal(iommu_counted(iommu)->misses, asked);
	assert_int_equal(iommu_counted(iommu)->updates, given);
	assert_int_equal(iommu_counted(iommu)->refused, asked - given);
	close_iommu(iommu);
}

static void
expect_hang_up(const void *bytes, size_t size)
{
	uint64_t deadline_ns = clock_monotonic_ns() + PATIENCE_MS * 1000000ull;
	struct iommu *iommu = open_iommu();

	assert_int_equal(send(backend.channel_fd, bytes, size, MSG_NOSIGNAL), size);
	while (!vhost_user_gone(&backend.peer))
		assert_true(clock_monotonic_ns() < deadline_ns);
	close_iommu(iommu);
}

/* Malformed: the backend is hung up on, rather than left without translations. */
static void
malformed_on_the_channel(void **state)
{
	struct vhost_message part = miss(REGION_IOVA, 4096, VHOST_IOTLB_MISS), version = part,
			     too_long = part;

	(void)state;
	version.flags = 2;
	too_long.payload_bytes = sizeof(part.payload) + 1;
	expect_hang_up(&version, sizeof(version));
	expect_hang_up(&too_long, sizeof(too_long));
	expect_hang_up(&part, 20);
}

/* One that asks for ever and takes no answer is hung up on, too; nobody waits for ever. */
static void
floods_the_channel(void **state)
{
	const struct vhost_message message = miss(REGION_IOVA, 4096, VHOST_IOTLB_MISS);
	uint64_t deadline_ns = clock_monotonic_ns() + PATIENCE_MS * 1000000ull;
	struct iommu *iommu = open_iommu();
	const struct timeval patience = {.tv_usec = 50000};

	(void)state;
	assert_int_equal(setsockopt(backend.peer.fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
				    sizeof(patience)),
			 0);
	while (!vhost_user_gone(&backend.peer)) {
		send(backend.channel_fd, &message, HEADER_BYTES + message.payload_bytes,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
		assert_true(clock_monotonic_ns() < deadline_ns);
	}
	close_iommu(iommu);
}

/* An invalidation that is refused, or not acknowledged, ends the connection. */
static void
invalidations(void **state)
{
	struct iommu *iommu = open_iommu();
	struct vhost_message refusal = {.request = VHOST_USER_IOTLB_MSG,
					.flags = VHOST_FLAG_VERSION_1 | VHOST_FLAG_REPLY,
					.payload_bytes = 8,
					.payload.u64 = 1};

	(void)state;
	scripted_say(&backend, &refusal, SCRIPTED_REPLY_BYTES, 0);
	assert_int_equal(iommu_configure(iommu, 4096, true), -EREMOTEIO);
	assert_true(vhost_user_gone(&backend.peer));
	/* From here on nothing is sent, and the next one has a clean start. */
	iommu_stop(iommu);
	assert_int_equal(iommu_configure(iommu, 65536, true), 0);
	close_iommu(iommu);
	iommu = open_iommu();
	assert_int_equal(iommu_configure(iommu, 4096, true), -ETIMEDOUT);
	assert_int_equal(iommu_counted(iommu)->failures, 1);
	close_iommu(iommu);
}

static int
set_up(void **state)
{
	if (harness_start(state) || scripted_open(&backend))
		return -1;
	log_set_sink(drop_message, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	log_set_sink(NULL, NULL);
	scripted_close(&backend);
	return harness_stop(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_backend),
		cmocka_unit_test(headers),
		cmocka_unit_test(values),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(parts_and_extras),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(silence),
		cmocka_unit_test(names_the_request),
		cmocka_unit_test(dripping),
		cmocka_unit_test(translations),
		cmocka_unit_test(malformed_on_the_channel),
		cmocka_unit_test(floods_the_channel),
		cmocka_unit_test(invalidations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
