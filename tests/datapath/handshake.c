/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend that does not keep to the vhost-user protocol: each case ends with an
 * error and its message, and the socket's name is gone. The stock backend, which
 * does keep to it, is in the other tests.
 */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scratch.h"
#include "datapath/guest/vhost_message.h"
#include "datapath/guest/vhost_user.h"

#define FEATURES (1ull << 32 | 1ull << 30) /* VIRTIO_F_VERSION_1, and the protocol's own */
#define PROTOCOL (1ull << 3 | 1ull << 5 | 1ull << 16)

/* What the backend does with the first request it gets. */
enum behaviour {
	HANGS_UP,
	ANSWERS_ANOTHER_REQUEST,
	ANSWERS_ANOTHER_VERSION,
	ANSWERS_TOO_MUCH,
	ANSWERS_TOO_LITTLE,
	ANSWERS_IN_PART,
	SENDS_A_DESCRIPTOR,
	LACKS_FEATURES,
	LACKS_PROTOCOL_FEATURES,
	REFUSES_THE_CHANNEL,
	IS_SLOW,
	SEES_AN_INTERRUPT,
};

/* Of one that is slow: well within the time that a reply has, and not within the handshake's. */
#define SLOW_REPLY_MS 100
#define SLOW_HANDSHAKE_MS 250

static char path[SCRATCH_PATH_BYTES + 8];
static char said[1024];
static struct vhost_user peer;

static void
listen_in(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(said, sizeof(said), "%s", text);
}

static int
listen_at(const char *where)
{
	const struct vhost_user_options options = {.path = where};

	return vhost_user_open(&peer, &options);
}

static int
dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return fd;
}

static void
reply(int fd, uint32_t request, uint64_t value)
{
	struct vhost_message message = {.request = request,
					.flags = VHOST_FLAG_VERSION_1 | VHOST_FLAG_REPLY,
					.payload_bytes = sizeof(value),
					.payload.u64 = value};

	vhost_message_send(fd, &message, -1);
}

static void
misbehave(int fd, enum behaviour behaviour, uint32_t request)
{
	struct vhost_message message = {.request = request,
					.flags = VHOST_FLAG_VERSION_1 | VHOST_FLAG_REPLY,
					.payload_bytes = sizeof(message.payload.u64)};

	switch (behaviour) {
	case ANSWERS_ANOTHER_REQUEST:
		message.request = request + 1;
		break;
	case ANSWERS_ANOTHER_VERSION:
		message.flags = 2;
		break;
	case ANSWERS_TOO_LITTLE:
		message.payload_bytes = 4;
		break;
	case ANSWERS_TOO_MUCH:
		/* The header alone says it: no payload of that size is ever read. */
		message.payload_bytes = UINT32_MAX;
		send(fd, &message, 12, 0);
		return;
	case ANSWERS_IN_PART:
		send(fd, &message, 15, 0);
		return;
	case SENDS_A_DESCRIPTOR:
		vhost_message_send(fd, &message, fd);
		return;
	default:
		return;
	}
	vhost_message_send(fd, &message, -1);
}

static void *
backend(void *arg)
{
	enum behaviour behaviour = *(const enum behaviour *)arg;
	struct vhost_message message;
	int fd = dial();

	while (fd >= 0 && !vhost_message_receive(fd, &message, 5000, -1)) {
		if (behaviour < LACKS_FEATURES) {
			misbehave(fd, behaviour, message.request);
			break;
		}
		if (behaviour == IS_SLOW)
			usleep(SLOW_REPLY_MS * 1000);
		if (behaviour == SEES_AN_INTERRUPT)
			vhost_user_interrupt(&peer);
		else if (message.request == VHOST_USER_GET_FEATURES)
			reply(fd, message.request, behaviour == LACKS_FEATURES ? 0 : FEATURES);
		else if (message.request == VHOST_USER_GET_PROTOCOL_FEATURES)
			reply(fd, message.request,
			      behaviour == LACKS_PROTOCOL_FEATURES ? 0 : PROTOCOL);
		else if (message.flags & VHOST_FLAG_NEED_REPLY)
			reply(fd, message.request, 1);
	}
	close(fd);
	return NULL;
}

static void
expect_within(int timeout_ms, enum behaviour behaviour, int error, const char *text)
{
	pthread_t thread;

	log_set_sink(listen_in, NULL);
	said[0] = '\0';
	assert_int_equal(listen_at(path), 0);
	assert_int_equal(pthread_create(&thread, NULL, backend, &behaviour), 0);
	int got = vhost_user_connect(&peer, 1ull << 32, 1, timeout_ms);

	vhost_user_close(&peer);
	pthread_join(thread, NULL);
	log_set_sink(NULL, NULL);
	assert_int_equal(got, error);
	if (!strstr(said, text))
		fail_msg("'%s' does not say '%s'", said, text);
	assert_int_equal(access(path, F_OK), -1);
}

static void
expect(enum behaviour behaviour, int error, const char *text)
{
	expect_within(5000, behaviour, error, text);
}

static void
protocol_violations(void **state)
{
	(void)state;
	expect(HANGS_UP, -EPIPE, "handshake, at GET_FEATURES: the backend went away");
	expect(ANSWERS_ANOTHER_REQUEST, -EPROTO, "GET_FEATURES: the backend's reply is malformed");
	expect(ANSWERS_ANOTHER_VERSION, -EPROTO, "GET_FEATURES: the backend's reply is malformed");
	expect(ANSWERS_TOO_MUCH, -EPROTO, "GET_FEATURES: the backend's reply is malformed");
	expect(ANSWERS_TOO_LITTLE, -EPROTO, "GET_FEATURES: the backend's reply is malformed");
	expect(ANSWERS_IN_PART, -EPIPE, "GET_FEATURES: the backend went away");
}

static void
missing_features(void **state)
{
	(void)state;
	expect(LACKS_FEATURES, -ENOTSUP,
	       "lacks features VHOST_USER_F_PROTOCOL_FEATURES, VIRTIO_F_VERSION_1 (it has 0x0)");
	expect(LACKS_PROTOCOL_FEATURES, -ENOTSUP, "lacks protocol features 0x10028");
	expect(REFUSES_THE_CHANNEL, -EREMOTEIO, "SET_BACKEND_REQ_FD: the backend refused");
}

/* A descriptor that nobody asked for must not stay open in the guest. */
static void
descriptors_are_not_kept(void **state)
{
	int lowest = dup(0);

	(void)state;
	close(lowest);
	for (int i = 0; i < 16; i++)
		expect(SENDS_A_DESCRIPTOR, -ENOTSUP, "lacks features");
	int now = dup(0);

	close(now);
	assert_int_equal(now, lowest);
}

static void
nobody_connects(void **state)
{
	(void)state;
	log_set_sink(listen_in, NULL);
	assert_int_equal(listen_at(path), 0);
	assert_int_equal(vhost_user_connect(&peer, 0, 1, 50), -ETIMEDOUT);
	vhost_user_close(&peer);
	assert_int_equal(access(path, F_OK), -1);
	log_set_sink(NULL, NULL);
}

/* Each reply has 5 s, and all of them together what the caller gives. */
static void
slow_replies(void **state)
{
	(void)state;
	expect_within(SLOW_HANDSHAKE_MS, IS_SLOW, -ETIMEDOUT, "the backend took too long");
}

/* Who interrupts knows why it ended: nothing is said. */
static void
interrupted(void **state)
{
	(void)state;
	expect(SEES_AN_INTERRUPT, -ECANCELED, "");
	assert_string_equal(said, "");
}

static void
path_too_long(void **state)
{
	char longer[200];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_set_sink(listen_in, NULL);
	assert_int_equal(listen_at(longer), -EINVAL);
	assert_non_null(strstr(said, "107"));
	vhost_user_close(&peer);
	log_set_sink(NULL, NULL);
}

static int
make_folder(void **state)
{
	(void)state;
	if (scratch_open(harness_socket_dir))
		return -1;
	snprintf(path, sizeof(path), "%s/0", harness_socket_dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocol_violations),
		cmocka_unit_test(missing_features),
		cmocka_unit_test(descriptors_are_not_kept),
		cmocka_unit_test(nobody_connects),
		cmocka_unit_test(slow_replies),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(path_too_long),
	};

	return cmocka_run_group_tests(tests, make_folder, harness_stop);
}
