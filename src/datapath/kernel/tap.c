/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/kernel/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "base/log.h"

#define TAP_DEVICE "/dev/net/tun"

/* Of a frame; the longest has five (guest/lower.h). */
#define SEGMENTS_MAX 8u

int
tap_open(const char *what, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int tap = open(TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC), error;

	if (tap < 0) {
		error = -errno;
		log_error("%s: the TAP device " TAP_DEVICE ": %s, needed: the kernel's module tun, "
			  "and leave to open it",
			  what, strerror(-error));
		return error;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(tap, TUNSETIFF, &request) == 0)
		return tap;
	error = -errno;
	log_error("%s: TAP %s: %s%s", what, name, strerror(-error),
		  error == -EPERM ? ", needed: root, or CAP_NET_ADMIN" : "");
	close(tap);
	return error;
}

static bool
write_frame(int tap, const struct rte_mbuf *mbuf)
{
	struct iovec pieces[SEGMENTS_MAX];
	int n = 0;

	for (; mbuf && n < (int)SEGMENTS_MAX; mbuf = mbuf->next)
		pieces[n++] = (struct iovec){rte_pktmbuf_mtod(mbuf, void *), mbuf->data_len};
	return writev(tap, pieces, n) >= 0;
}

uint16_t
tap_write_burst(int tap, struct rte_mbuf *const *bufs, uint16_t n)
{
	uint16_t written = 0;

	for (uint16_t i = 0; i < n; i++)
		written += write_frame(tap, bufs[i]);
	return written;
}

uint16_t
tap_read_burst(int tap, struct rte_mbuf *const *bufs, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		uint16_t room = (uint16_t)(bufs[i]->buf_len - bufs[i]->data_off);
		ssize_t bytes = read(tap, rte_pktmbuf_mtod(bufs[i], void *), room);

		if (bytes <= 0)
			break;
		bufs[i]->data_len = (uint16_t)bytes;
		bufs[i]->pkt_len = (uint32_t)bytes;
	}
	return i;
}

unsigned int
tap_discard(int tap)
{
	unsigned int n = 0;
	uint8_t head; /* the rest of a frame goes with it */

	while (read(tap, &head, sizeof(head)) > 0)
		n++;
	return n;
}
