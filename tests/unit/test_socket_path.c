/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths for sockets: nothing that is no socket, and no socket in use, is ever removed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/scratch.h"
#include "base/socket_path.h"

static char folder[SCRATCH_PATH_BYTES];
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static char why[512];

static int
open_folder(void **state)
{
	(void)state;
	if (scratch_open(folder))
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	return 0;
}

static int
close_folder(void **state)
{
	(void)state;
	scratch_close(folder);
	return 0;
}

static int
listen_there(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	return fd;
}

static void
test_length(void **state)
{
	char path[200];

	(void)state;
	for (size_t length = 0; length < sizeof(path); length++) {
		memset(path, 'x', length);
		path[length] = '\0';
		int expected = length && length <= 107 ? 0 : -EINVAL;

		assert_int_equal(socket_path_check(path, why, sizeof(why)), expected);
		assert_int_equal(socket_path_clear(path, why, sizeof(why)), expected);
	}
	assert_non_null(strstr(why, "199"));
	assert_non_null(strstr(why, "107"));
}

static void
test_live_socket_stays(void **state)
{
	int fd = listen_there();

	(void)state;
	assert_int_equal(socket_path_check(address.sun_path, why, sizeof(why)), 0);
	/* Also when its queue of connections is full. */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(socket_path_clear(address.sun_path, why, sizeof(why)),
				 -EADDRINUSE);
	assert_int_equal(access(address.sun_path, F_OK), 0);
	close(fd);
}

static void
test_stale_socket_goes(void **state)
{
	(void)state;
	/* The one that the test before has left. */
	assert_int_equal(access(address.sun_path, F_OK), 0);
	assert_int_equal(socket_path_clear(address.sun_path, why, sizeof(why)), 0);
	assert_int_equal(access(address.sun_path, F_OK), -1);
	assert_int_equal(socket_path_clear(address.sun_path, why, sizeof(why)), 0);
}

static void
test_other_things_stay(void **state)
{
	char path[sizeof(folder) + 16], link_path[sizeof(folder) + 16];

	(void)state;
	snprintf(path, sizeof(path), "%s/file", folder);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
	assert_int_equal(socket_path_check(path, why, sizeof(why)), -EEXIST);
	assert_int_equal(socket_path_clear(path, why, sizeof(why)), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
	assert_non_null(strstr(why, path));
	assert_int_equal(socket_path_clear(folder, why, sizeof(why)), -EEXIST);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(socket_path_clear(link_path, why, sizeof(why)), -EEXIST);
	assert_int_equal(access(link_path, F_OK), 0);
}

static void
test_await(void **state)
{
	char path[sizeof(folder) + 32];

	(void)state;
	snprintf(path, sizeof(path), "%s/to-come", folder);
	assert_int_equal(socket_path_await(path, why, sizeof(why)), 0);
	snprintf(path, sizeof(path), "%s/nowhere/to-come", folder);
	assert_int_equal(socket_path_check(path, why, sizeof(why)), 0);
	assert_int_equal(socket_path_await(path, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, path));
	assert_int_equal(socket_path_await("", why, sizeof(why)), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_live_socket_stays),
		cmocka_unit_test(test_stale_socket_goes),
		cmocka_unit_test(test_other_things_stay),
		cmocka_unit_test(test_await),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
