/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where front end and backend meet: who may have a socket's path, who finds whom,
 * and what is left behind.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scratch.h"
#include "datapath/guest/vhost_socket.h"

#define PATIENCE_MS 5000

static char path[SCRATCH_PATH_BYTES + 8];
static char said[1024];

static void
keep_text(enum log_level level, const char *text, void *arg)
{
	(void)level, (void)arg;
	snprintf(said, sizeof(said), "%s", text);
}

/* The call must fail so, with a message that names the path and says why. */
#define REFUSED(call, error, why)                                                                  \
	do {                                                                                       \
		said[0] = '\0';                                                                    \
		assert_int_equal(call, error);                                                     \
		assert_non_null(strstr(said, path));                                               \
		assert_non_null(strstr(said, why));                                                \
	} while (0)

static int
listener(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int
dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
stale_sockets_give_way(void **state)
{
	struct vhost_socket s;

	(void)state;
	close(listener());
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(vhost_socket_open(&s, path, false, false), 0);
	int fd = dial();

	assert_true(fd >= 0);
	close(fd);
	vhost_socket_close(&s);
	assert_int_equal(access(path, F_OK), -1);
}

static void
nothing_else_does(void **state)
{
	struct vhost_socket s, other;

	(void)state;
	/* A file, for either role. */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	REFUSED(vhost_socket_open(&s, path, false, false), -EEXIST, "no socket");
	REFUSED(vhost_socket_open(&s, path, true, false), -EEXIST, "no socket");
	assert_int_equal(unlink(path), 0);
	/* A link, though it leads to nothing. */
	assert_int_equal(symlink("nowhere", path), 0);
	REFUSED(vhost_socket_open(&s, path, false, false), -EEXIST, "no socket");
	assert_int_equal(unlink(path), 0);
	/* Somebody who listens, who is not disturbed. */
	assert_int_equal(vhost_socket_open(&other, path, false, false), 0);
	REFUSED(vhost_socket_open(&s, path, false, false), -EADDRINUSE, "listens there already");
	int fd = dial();

	assert_true(fd >= 0);
	int met = vhost_socket_meet(&other, PATIENCE_MS);

	assert_true(met >= 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	char byte;

	assert_int_equal(recv(met, &byte, 1, 0), 1);
	close(met);
	close(fd);
	vhost_socket_close(&other);
}

static void
unfit_paths(void **state)
{
	struct vhost_socket s;
	char longer[120] = "/", missing[SCRATCH_PATH_BYTES + 16];

	(void)state;
	memset(longer + 1, 'x', sizeof(longer) - 2);
	assert_int_equal(vhost_socket_open(&s, longer, false, false), -EINVAL);
	assert_non_null(strstr(said, "found a path of 119 bytes, allowed: 1 to 107"));
	assert_int_equal(vhost_socket_open(&s, "", true, false), -EINVAL);
	snprintf(missing, sizeof(missing), "%s/none/0", harness_socket_dir);
	assert_int_equal(vhost_socket_open(&s, missing, false, false), -ENOENT);
	assert_non_null(strstr(said, "none/0: No such file or directory"));
}

/* The server's name: gone after each meeting, and made again; or kept until the end. */
static void
names(void **state)
{
	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		struct vhost_socket s;

		assert_int_equal(vhost_socket_open(&s, path, false, keep), 0);
		for (int round = 0; round < 3; round++) {
			assert_int_equal(vhost_socket_meet(&s, 0), -ETIMEDOUT);
			int fd = dial();

			assert_true(fd >= 0);
			int met = vhost_socket_meet(&s, PATIENCE_MS);

			assert_true(met >= 0);
			assert_int_equal(access(path, F_OK), keep ? 0 : -1);
			close(met);
			close(fd);
		}
		vhost_socket_close(&s);
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* Somebody took the name over: it is not ours to remove any more. */
static void
a_name_that_is_not_ours(void **state)
{
	struct vhost_socket s;

	(void)state;
	assert_int_equal(vhost_socket_open(&s, path, false, true), 0);
	assert_int_equal(unlink(path), 0);
	int fd = listener();

	vhost_socket_close(&s);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
	unlink(path);
}

/* Who only looks whether somebody listens is no backend. */
static void
a_passer_by(void **state)
{
	struct vhost_socket s;

	(void)state;
	assert_int_equal(vhost_socket_open(&s, path, false, false), 0);
	close(dial());
	assert_int_equal(vhost_socket_meet(&s, 20), -ETIMEDOUT);
	close(dial());
	int fd = dial(), met = vhost_socket_meet(&s, PATIENCE_MS);

	assert_true(fd >= 0 && met >= 0);
	close(met);
	close(fd);
	vhost_socket_close(&s);
}

static void *
listen_later(void *arg)
{
	/* First a name on which nobody listens, as a killed backend leaves it. */
	close(listener());
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	unlink(path);
	*(int *)arg = listener();
	return NULL;
}

static void
the_client_waits(void **state)
{
	struct vhost_socket s;
	pthread_t thread;
	int listening;

	(void)state;
	said[0] = '\0';
	assert_int_equal(vhost_socket_open(&s, path, true, false), 0);
	assert_int_equal(vhost_socket_meet(&s, 20), -ETIMEDOUT);
	assert_string_equal(said, "");
	assert_int_equal(pthread_create(&thread, NULL, listen_later, &listening), 0);
	int met = vhost_socket_meet(&s, PATIENCE_MS);

	assert_true(met >= 0);
	pthread_join(thread, NULL);
	/* It waits for what it sends, as every socket of the protocol does. */
	assert_int_equal(fcntl(met, F_GETFL) & O_NONBLOCK, 0);
	close(met);
	vhost_socket_close(&s);
	assert_int_equal(access(path, F_OK), 0);
	close(listening);
	unlink(path);
}

static void
the_client_cannot(void **state)
{
	struct vhost_socket s;

	(void)state;
	assert_int_equal(vhost_socket_open(&s, path, true, false), 0);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	REFUSED(vhost_socket_meet(&s, PATIENCE_MS), -EEXIST, "no socket");
	unlink(path);
	if (geteuid() == 0)
		return; /* root may dial everything */
	int fd = listener();

	assert_int_equal(chmod(path, 0), 0);
	REFUSED(vhost_socket_meet(&s, PATIENCE_MS), -EACCES, "Permission denied");
	close(fd);
	unlink(path);
}

static int
set_up(void **state)
{
	(void)state;
	if (scratch_open(harness_socket_dir))
		return -1;
	snprintf(path, sizeof(path), "%s/0", harness_socket_dir);
	log_set_sink(keep_text, NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stale_sockets_give_way),
		cmocka_unit_test(nothing_else_does),
		cmocka_unit_test(unfit_paths),
		cmocka_unit_test(names),
		cmocka_unit_test(a_name_that_is_not_ours),
		cmocka_unit_test(a_passer_by),
		cmocka_unit_test(the_client_waits),
		cmocka_unit_test(the_client_cannot),
	};

	return cmocka_run_group_tests(tests, set_up, harness_stop);
}
