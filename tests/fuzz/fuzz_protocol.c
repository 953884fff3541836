/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes what a backend may say to the front end: every reply of the handshake,
 * descriptors beside them, then messages on the backend's own channel. The front
 * end may refuse, and must neither crash nor wait nor keep a descriptor.
 *
 * An input is a row of acts, the high half of a byte each:
 *
 *   0-7    the honest reply of the next step
 *   8-11   the next step's reply with another value: 8 bytes
 *   12-13  a length byte, and as many bytes as they are
 *   14     low half below 8: the next step gets no reply; else: none does from here on
 *   15     what follows goes to the backend's channel, once there is one
 *
 * The low half says how many descriptors come along (at most 8). Where the acts
 * end, the rest of the handshake is honest.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "datapath/guest/vhost_message.h"
#include "scripted_backend.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

/* The next n bytes, or as many as there are; zeroes stand for the rest. */
static void
take(struct input *input, void *to, size_t n)
{
	size_t got = n < input->left ? n : input->left;

	memset(to, 0, n);
	memcpy(to, input->at, got);
	input->at += got;
	input->left -= got;
}

static void
drop_message(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)text, (void)arg;
}

static void
say_reply(struct scripted_backend *backend, struct input *input, unsigned int step, bool honest,
	  unsigned int n_fds)
{
	struct vhost_message message;

	scripted_reply(step, &message);
	if (!honest)
		take(input, &message.payload.u64, sizeof(message.payload.u64));
	scripted_say(backend, &message, SCRIPTED_REPLY_BYTES, n_fds);
}

static void
say_raw(struct scripted_backend *backend, struct input *input, unsigned int n_fds)
{
	uint8_t length, raw[UINT8_MAX];

	take(input, &length, 1);
	take(input, raw, length);
	scripted_say(backend, raw, length, n_fds);
}

/* Queues all that is said before the handshake; what is left of input is the channel's. */
static void
play(struct scripted_backend *backend, struct input *input)
{
	unsigned int step = 0;

	while (input->left && step < SCRIPTED_STEPS) {
		uint8_t act;

		take(input, &act, 1);
		unsigned int kind = act >> 4, n_fds = (act & 15u) > 8 ? 8 : act & 15u;

		if (kind == 15)
			break;
		if (kind < 12)
			say_reply(backend, input, step++, kind < 8, n_fds);
		else if (kind < 14)
			say_raw(backend, input, n_fds);
		else if (n_fds < 8)
			step++;
		else
			step = SCRIPTED_STEPS;
	}
	scripted_say_honestly(backend, step, SCRIPTED_STEPS);
}

static void
use_channel(struct scripted_backend *backend, const struct input *input)
{
	struct vhost_iotlb_msg message = {.type = VHOST_IOTLB_INVALIDATE};

	scripted_channel(backend);
	if (backend->channel_fd < 0)
		abort();
	send(backend->channel_fd, input->at, input->left, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(backend->channel_fd, SHUT_WR);
	while (vhost_user_receive_miss(&backend->peer, &message) >= 0)
		vhost_user_iotlb(&backend->peer, &message, false);
	vhost_user_iotlb(&backend->peer, &message, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct scripted_backend backend;
	struct input input = {bytes, size};

	if (!backend.region.base) {
		log_set_sink(drop_message, NULL);
		if (scripted_open(&backend))
			abort();
	}
	int lowest = scripted_lowest_fd();

	if (scripted_connect(&backend, 5000))
		abort();
	play(&backend, &input);
	scripted_end(&backend);
	if (!scripted_handshake(&backend))
		use_channel(&backend, &input);
	if (!vhost_user_gone(&backend.peer))
		abort();
	scripted_disconnect(&backend);
	if (scripted_lowest_fd() != lowest)
		abort();
	return 0;
}
