/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend that says anything but what it should, at every step of the handshake:
 * boundary and random values, wrong sizes, descriptors that nobody asked for, parts of
 * messages, silence. The front end refuses or goes on, as the protocol has it; it never
 * waits beyond its time-out, and keeps nothing.
 */
#include "hostile_backend.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/random.h"
#include "datapath/guest/vhost_message.h"

#define ANY 1 /* for an expected result: whatever it is */

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
	harness_drop_messages();
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
	};

	return cmocka_run_group_tests(tests, hostile_set_up, hostile_tear_down);
}
