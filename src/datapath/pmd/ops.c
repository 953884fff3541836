/* SPDX-License-Identifier: BSD-3-Clause */
/* What an application can ask of the port, apart from packets and statistics. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "base/log.h"
#include "datapath/guest/iommu.h"
#include "datapath/pmd/net_folio.h"
#include "datapath/sources/bounce_copy.h"

static int
net_folio_configure(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;

	if (dev->data->nb_rx_queues == dev->data->nb_tx_queues) {
		folio->config.queues = dev->data->nb_rx_queues;
		return 0;
	}
	log_error("net_folio: %s: found %u receive and %u transmit queues, allowed: pairs, as many "
		  "of the one as of the other",
		  dev->data->name, dev->data->nb_rx_queues, dev->data->nb_tx_queues);
	return -EINVAL;
}

/* What "auto" is, datapath_start() knows; here the application has started DPDK. */
static void
choose_memory(struct datapath_config *config)
{
	const struct option_spec *option = options_find(datapath_options, "memory");
	char text[OPTION_TEXT_BYTES];

	if (!strcmp(option_format(option, config, text, sizeof(text)), "auto"))
		option_parse(option, config, rte_eal_has_hugepages() ? "huge" : "plain", text,
			     sizeof(text));
}

/* The IOMMU too, which sources of ports want to know before there is a backend. */
static int
open_guest(struct net_folio *folio)
{
	const struct guest_options options = {
		.config = &folio->config,
		.bounce_bytes = datapath_config_bounce_bytes(&folio->config),
		.no_shadow = true,
		.path = folio->args.path,
		.client = !folio->args.server,
	};
	struct guest *guest = &folio->guest;
	int error;

	choose_memory(&folio->config);
	error = guest_open(guest, &options);
	folio->guest_is_open = !error;
	if (!error && datapath_config_needs_iommu(&folio->config))
		error = iommu_open(&guest->virtio_net->peer, &guest->region, guest->data,
				   guest->data_bytes, &guest->iommu);
	return error;
}

static int
open_ports(struct net_folio *folio)
{
	int error = 0;

	for (unsigned int q = 0; !error && q < folio->config.queues; q++) {
		const struct port_options options = {
			.guest = &folio->guest,
			.queue = q,
			.config = &folio->config,
			.shadow = folio->pairs[q].pool,
			.port_id = folio->dev->data->port_id,
		};

		error = port_open(&folio->ports[q], &options);
		if (!error)
			error = port_attach(&folio->ports[q]);
	}
	return error;
}

/* The number of queues may be another since: all ports are closed, which does nothing to a zeroed one. */
static void
give_up_guest(struct net_folio *folio)
{
	if (!folio->guest_is_open)
		return;
	for (unsigned int q = 0; q < QUEUES_MAX; q++)
		port_close(&folio->ports[q]);
	guest_close(&folio->guest);
	folio->guest_is_open = false;
	net_folio_stats_clear(folio);
}

static int
check_queues(const struct rte_eth_dev *dev)
{
	for (uint16_t q = 0; q < dev->data->nb_rx_queues; q++) {
		bool receives = dev->data->rx_queues[q];

		if (receives && dev->data->tx_queues[q])
			continue;
		log_error("net_folio: %s: %s queue %u: found it not set up, allowed: every queue "
			  "set up before the start",
			  dev->data->name, receives ? "transmit" : "receive", q);
		return -EINVAL;
	}
	return 0;
}

/*
 * A frame comes in several segments where the device takes it apart, and in mode header
 * in one more, which whoever chose that mode asked for. Others want none that they
 * did not enable.
 */
static void
choose_bursts(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;
	bool scatter = dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER;
	bool sifting = folio->config.mergeable && !scatter;
	uint16_t own_max = bounce_copy_mode(&folio->config) == COPY_HEADER ? 2 : 1;

	for (unsigned int q = 0; q < folio->config.queues; q++)
		folio->pairs[q].segments_max = own_max;
	dev->rx_pkt_burst = sifting ? net_folio_rx_burst_unscattered : net_folio_rx_burst;
	dev->data->scattered_rx = scatter;
}

static void
set_queue_states(struct rte_eth_dev *dev, uint8_t state)
{
	for (uint16_t q = 0; q < dev->data->nb_rx_queues; q++)
		dev->data->rx_queue_state[q] = dev->data->tx_queue_state[q] = state;
}

static int
net_folio_start(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;
	int error = check_queues(dev);

	if (!error)
		error = net_folio_check_numbers(folio);
	if (error)
		return error;
	give_up_guest(folio);
	error = open_guest(folio);
	if (!error)
		error = open_ports(folio);
	if (error)
		goto fail;
	choose_bursts(dev);
	net_folio_stats_begin(folio);
	error = link_start(folio);
	if (error)
		goto fail;
	set_queue_states(dev, RTE_ETH_QUEUE_STATE_STARTED);
	return 0;

fail:
	give_up_guest(folio);
	return error;
}

/* The application may free its pools now, so they get back what the ports have at hand. */
static int
net_folio_stop(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;

	link_stop(folio);
	for (unsigned int q = 0; q < folio->config.queues; q++)
		mbuf_stack_trim(&folio->ports[q].hot_shadow, 0);
	set_queue_states(dev, RTE_ETH_QUEUE_STATE_STOPPED);
	dev->data->dev_started = 0;
	return 0;
}

static int
net_folio_close(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;

	link_stop(folio);
	net_folio_release_key(folio);
	give_up_guest(folio);
	dev->data->mac_addrs = NULL; /* part of dev_private, which ethdev frees */
	return 0;
}

static int
net_folio_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct net_folio *folio = dev->data->dev_private;
	uint16_t ring_size = (uint16_t)folio->config.ring_size;

	info->max_mac_addrs = 1;
	info->max_rx_pktlen = net_folio_frame_bytes_max(&folio->config);
	info->max_mtu = (uint16_t)(info->max_rx_pktlen - RTE_ETHER_HDR_LEN);
	if (folio->config.mergeable) {
		info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER;
		info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	}
	info->max_rx_queues = info->max_tx_queues = (uint16_t)folio->args.config.queues;
	info->default_rxportconf.ring_size = info->default_txportconf.ring_size = ring_size;
	info->default_rxportconf.burst_size = info->default_txportconf.burst_size =
		(uint16_t)folio->config.burst;
	return 0;
}

/* In the copying modes received packets are copied into buffers of this pool. */
static int
check_pool(const struct rte_eth_dev *dev, const struct rte_mempool *pool)
{
	const struct rte_pktmbuf_pool_private *kind = rte_mempool_get_priv((void *)(uintptr_t)pool);

	if (rte_pktmbuf_data_room_size((void *)(uintptr_t)pool) < SLOT_BYTES) {
		log_error("net_folio: %s: pool %s: found mbufs of %u B, allowed: at least %u B "
			  "(a headroom of %u B included)",
			  dev->data->name, pool->name, kind->mbuf_data_room_size, SLOT_BYTES,
			  RTE_PKTMBUF_HEADROOM);
		return -EINVAL;
	}
	if (kind->flags & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) {
		log_error("net_folio: %s: pool %s: found mbufs with external buffers, allowed: "
			  "mbufs that hold their data",
			  dev->data->name, pool->name);
		return -EINVAL;
	}
	return 0;
}

/* How many descriptors a ring has, the option `ring` says. */
static int
net_folio_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_descriptors,
			 unsigned int socket, const struct rte_eth_rxconf *conf,
			 struct rte_mempool *pool)
{
	struct net_folio *folio = dev->data->dev_private;
	bool copying = bounce_copy_mode(&folio->config) != COPY_NONE;
	int error = copying ? check_pool(dev, pool) : 0;

	(void)n_descriptors;
	(void)socket;
	(void)conf;
	if (error)
		return error;
	folio->pairs[queue].pool = pool;
	dev->data->rx_queues[queue] = &folio->pairs[queue];
	return 0;
}

/* The application may free the pool next. */
static void
net_folio_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue)
{
	struct net_folio *folio = dev->data->dev_private;

	folio->pairs[queue].pool = NULL;
}

static int
net_folio_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_descriptors,
			 unsigned int socket, const struct rte_eth_txconf *conf)
{
	struct net_folio *folio = dev->data->dev_private;

	(void)n_descriptors;
	(void)socket;
	(void)conf;
	dev->data->tx_queues[queue] = &folio->pairs[queue];
	return 0;
}

static void
net_folio_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_rxq_info *info)
{
	const struct net_folio *folio = dev->data->dev_private;

	info->mp = folio->pairs[queue].pool;
	info->nb_desc = (uint16_t)folio->config.ring_size;
}

static void
net_folio_txq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_txq_info *info)
{
	const struct net_folio *folio = dev->data->dev_private;

	(void)queue;
	info->nb_desc = (uint16_t)folio->config.ring_size;
}

static int
burst_mode_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_burst_mode *mode)
{
	const struct net_folio *folio = dev->data->dev_private;
	char text[CONFIG_TEXT_BYTES];

	(void)queue;
	snprintf(mode->info, sizeof(mode->info), "%s ring, %s",
		 virtqueue_formats[folio->config.format]->name,
		 datapath_config_describe(&folio->config, text, sizeof(text)));
	return 0;
}

/* The link thread writes the state down where ethdev reads it. */
static int
net_folio_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	(void)dev;
	(void)wait_to_complete;
	return 0;
}

/* Every frame is received: there is no filter that could be switched on or off. */
static int
no_filter(struct rte_eth_dev *dev)
{
	(void)dev;
	return 0;
}

static int
net_folio_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct net_folio *folio = dev->data->dev_private;

	folio->args.mac = *mac;
	return 0;
}

/* ethdev has checked it against infos_get's limits, and keeps it. */
static int
net_folio_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	(void)dev;
	(void)mtu;
	return 0;
}

const struct eth_dev_ops net_folio_ops = {
	.dev_configure = net_folio_configure,
	.dev_start = net_folio_start,
	.dev_stop = net_folio_stop,
	.dev_close = net_folio_close,
	.dev_infos_get = net_folio_infos_get,
	.rx_queue_setup = net_folio_rx_queue_setup,
	.rx_queue_release = net_folio_rx_queue_release,
	.tx_queue_setup = net_folio_tx_queue_setup,
	.rxq_info_get = net_folio_rxq_info_get,
	.txq_info_get = net_folio_txq_info_get,
	.rx_burst_mode_get = burst_mode_get,
	.tx_burst_mode_get = burst_mode_get,
	.link_update = net_folio_link_update,
	.promiscuous_enable = no_filter,
	.promiscuous_disable = no_filter,
	.allmulticast_enable = no_filter,
	.allmulticast_disable = no_filter,
	.mac_addr_set = net_folio_mac_addr_set,
	.mtu_set = net_folio_mtu_set,
	.stats_get = net_folio_stats_get,
	.stats_reset = net_folio_stats_reset,
	.xstats_get = net_folio_xstats_get,
	.xstats_get_names = net_folio_xstats_get_names,
	.xstats_reset = net_folio_xstats_reset,
};
