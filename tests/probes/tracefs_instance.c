/* SPDX-License-Identifier: BSD-3-Clause */
/* Instances of the tracer: they are private, and gone when their process is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/probe.h"
#include "probes/tracefs.h"
#include "probes/tracefs_instance.h"

static int tracefs;

static bool
is_there(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "instances/%s", name);
	return faccessat(tracefs, path, F_OK, 0) == 0;
}

static void
test_gone_when_closed(void **state)
{
	struct tracefs_instance first, second;
	char name[TRACEFS_INSTANCE_BYTES];

	(void)state;
	assert_int_equal(tracefs_instance_open(&first, tracefs), 0);
	assert_int_equal(tracefs_instance_open(&second, tracefs), 0);
	assert_string_not_equal(first.name, second.name);
	assert_true(is_there(first.name) && is_there(second.name));
	strcpy(name, second.name);
	tracefs_instance_close(&second);
	assert_false(is_there(name));
	strcpy(name, first.name);
	tracefs_instance_close(&first);
	assert_false(is_there(name));
	tracefs_instance_close(&first);
}

static void
read_global(const char *file, char text[256])
{
	int fd = openat(tracefs, file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, 255);

	text[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static void
test_nothing_global_is_touched(void **state)
{
	static const char *const files[] = {"trace_clock", "tracing_on", "buffer_size_kb",
					    "set_event_pid", "events/kvm/kvm_pio/enable"};
	char before[5][256], after[256];
	struct tracefs_instance instance;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		read_global(files[i], before[i]);
	assert_int_equal(tracefs_instance_open(&instance, tracefs), 0);
	assert_int_equal(tracefs_instance_write(&instance, "trace_clock", "mono"), 0);
	assert_int_equal(tracefs_instance_write(&instance, "buffer_size_kb", "64"), 0);
	assert_int_equal(tracefs_instance_follow(&instance, getpid()), 0);
	for (size_t i = 0; i < 5; i++) {
		read_global(files[i], after);
		assert_string_equal(after, before[i]);
	}
	tracefs_instance_close(&instance);
}

/* Starts a child that makes an instance, says its name, and keeps it open. */
static pid_t
start_with_instance(char name[TRACEFS_INSTANCE_BYTES])
{
	struct tracefs_instance instance;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		tracefs_instance_open(&instance, tracefs);
		if (write(ends[1], instance.name, sizeof(instance.name)) > 0)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], name, TRACEFS_INSTANCE_BYTES), TRACEFS_INSTANCE_BYTES);
	assert_true(name[0] && is_there(name));
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void
test_a_killed_process_leaves_nothing_for_long(void **state)
{
	struct tracefs_instance instance;
	char name[TRACEFS_INSTANCE_BYTES];
	pid_t pid = start_with_instance(name);

	(void)state;
	/* While it lives, it is left alone. */
	assert_int_equal(tracefs_instance_open(&instance, tracefs), 0);
	assert_true(is_there(name));
	tracefs_instance_close(&instance);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(is_there(name));
	assert_int_equal(tracefs_instance_open(&instance, tracefs), 0);
	assert_false(is_there(name));
	tracefs_instance_close(&instance);
}

/* Whichever way the next one traces, and where it cannot. */
static void
test_any_probe_cleans_up(void **state)
{
	const struct probe_filter filter = {.vcpu = -1};
	struct probe_session session = {0};
	char name[TRACEFS_INSTANCE_BYTES];
	pid_t pid = start_with_instance(name);

	(void)state;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(is_there(name));
	if (!probe_session_open(&session, "perf", &filter))
		probe_session_close(&session);
	assert_false(is_there(name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone_when_closed),
		cmocka_unit_test(test_nothing_global_is_touched),
		cmocka_unit_test(test_a_killed_process_leaves_nothing_for_long),
		cmocka_unit_test(test_any_probe_cleans_up),
	};
	struct tracefs_instance probe;
	int err;

	tracefs = tracefs_open();
	err = tracefs < 0 ? tracefs : tracefs_instance_open(&probe, tracefs);
	if (err) {
		printf("SKIP: tracefs: %s\n", strerror(-err));
		return 77;
	}
	tracefs_instance_close(&probe);
	err = cmocka_run_group_tests(tests, NULL, NULL);
	close(tracefs);
	return err;
}
