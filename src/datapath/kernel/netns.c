/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* Of the calling thread; a descriptor or -errno. */
static int
open_present(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
netns_open(const char *what)
{
	int outside = open_present(), inside;

	if (outside < 0) {
		log_error("%s: this thread's network namespace: %s", what, strerror(-outside));
		return outside;
	}
	if (unshare(CLONE_NEWNET) < 0) {
		int error = -errno;

		if (error == -EPERM)
			log_error("%s: this process may not make a network namespace of its own, "
				  "needed: root, or CAP_SYS_ADMIN and CAP_NET_ADMIN",
				  what);
		else
			log_error("%s: a network namespace: %s", what, strerror(-error));
		close(outside);
		return error;
	}
	inside = open_present();
	netns_leave(outside);
	if (inside < 0)
		log_error("%s: a network namespace's descriptor: %s", what, strerror(-inside));
	return inside;
}

int
netns_enter(int netns)
{
	int outside = open_present(), error;

	if (outside < 0) {
		log_error("this thread's network namespace: %s", strerror(-outside));
		return outside;
	}
	if (setns(netns, CLONE_NEWNET) == 0)
		return outside;
	error = -errno;
	log_error("entering a network namespace: %s", strerror(-error));
	close(outside);
	return error;
}

void
netns_leave(int outside)
{
	if (setns(outside, CLONE_NEWNET) < 0) {
		log_error("leaving a network namespace: %s", strerror(errno));
		abort();
	}
	close(outside);
}
