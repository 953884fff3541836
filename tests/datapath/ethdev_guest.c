/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethdev_guest.h"

#include <string.h>

#include <rte_ethdev.h>

struct guest guest;
struct port ports[QUEUES_MAX];

struct datapath_config
ethdev_config(const char *devargs, unsigned int sources_on, uint32_t queues)
{
	struct datapath_config config = harness_config(sources_on);

	config.device = DEVICE_ETHDEV;
	config.queues = queues;
	strcpy(config.devargs, devargs);
	return config;
}

void
ethdev_guest_open(const struct datapath_config *config)
{
	const struct guest_options options = {.config = config};

	assert_int_equal(guest_open(&guest, &options), 0);
	assert_int_equal(guest_connect(&guest, false, 0), 0);
	for (unsigned int q = 0; q < config->queues; q++) {
		const struct port_options port = {.guest = &guest,
						  .queue = q,
						  .config = config,
						  .port_id = (uint16_t)(40 + q)};

		assert_int_equal(port_open(&ports[q], &port), 0);
		assert_int_equal(port_attach(&ports[q]), 0);
	}
}

void
ethdev_guest_close(void)
{
	for (unsigned int q = 0; q < guest.n_queues; q++) {
		port_drain(&ports[q]);
		assert_true(port_drained(&ports[q]));
		port_close(&ports[q]);
	}
	guest_close(&guest);
	assert_int_equal(rte_eth_dev_count_total(), 0);
}

bool
in_region(const struct rte_mbuf *mbuf)
{
	return region_contains(&guest.region, rte_pktmbuf_mtod(mbuf, void *), mbuf->data_len) &&
	       region_contains(&guest.region, mbuf->buf_addr, mbuf->buf_len);
}
