/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link: a thread that waits for a backend, starts the device with it, takes
 * the port off the air when the backend has gone, and waits for the next one. The
 * packet path never waits for any of it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "base/log.h"
#include "datapath/pmd/net_folio.h"

/* How often the thread looks whether it is to end, and whether the backend is still there. */
#define LOOK_EVERY_MS 20
/* A backend that has come has so long to agree. */
#define AGREE_WITHIN_MS 5000
/* Between attempts with a backend that cannot be agreed with, so that messages stay few. */
#define RETRY_AFTER_MS 2000

static void
set_link(struct net_folio *folio, bool up)
{
	const struct rte_eth_link link = {
		.link_speed = RTE_ETH_SPEED_NUM_UNKNOWN,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN,
	};

	for (unsigned int q = 0; q < folio->config.queues; q++)
		queue_pair_set(&folio->pairs[q], up ? &folio->ports[q] : NULL);
	if (rte_eth_linkstatus_set(folio->dev, &link) < 0)
		return; /* as it was */
	rte_eth_dev_callback_process(folio->dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

/* Is the port to be stopped? Waits at most timeout_ms for that. */
static bool
is_stopped(const struct net_folio *folio, int timeout_ms)
{
	struct pollfd stop = {.fd = folio->stop_fd, .events = POLLIN};

	return poll(&stop, 1, timeout_ms) > 0;
}

static int
meet_backend(struct net_folio *folio)
{
	int error = guest_wait(&folio->guest, LOOK_EVERY_MS);

	if (error == -ETIMEDOUT)
		return error;
	if (!error)
		error = guest_connect(&folio->guest, datapath_config_needs_iommu(&folio->config),
				      AGREE_WITHIN_MS);
	if (error)
		is_stopped(folio, RETRY_AFTER_MS);
	return error;
}

static void *
follow_backends(void *arg)
{
	struct net_folio *folio = arg;

	while (!is_stopped(folio, 0)) {
		if (meet_backend(folio))
			continue;
		set_link(folio, true);
		while (!guest_peer_gone(&folio->guest) && !is_stopped(folio, LOOK_EVERY_MS))
			;
		set_link(folio, false);
		guest_disconnect(&folio->guest);
	}
	return NULL;
}

int
link_start(struct net_folio *folio)
{
	int error;

	folio->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (folio->stop_fd < 0) {
		error = -errno;
	} else {
		error = rte_ctrl_thread_create(&folio->link_thread, "folio-link", NULL,
					       follow_backends, folio);
		if (!error)
			return 0;
		close(folio->stop_fd);
		folio->stop_fd = -1;
	}
	log_error("net_folio: %s: no thread for the link: %s", folio->args.path, strerror(-error));
	return error;
}

void
link_stop(struct net_folio *folio)
{
	if (folio->stop_fd < 0)
		return;
	eventfd_write(folio->stop_fd, 1);
	/* The thread may be waiting for a host's replies, which come when the host likes. */
	guest_interrupt(&folio->guest);
	pthread_join(folio->link_thread, NULL);
	close(folio->stop_fd);
	folio->stop_fd = -1;
}
