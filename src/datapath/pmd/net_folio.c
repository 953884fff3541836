/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver: --vdev net_folio0,... makes a port, taking it away again removes it. */
#include "datapath/pmd/net_folio.h"

#include <errno.h>
#include <string.h>

#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_log.h>
#include <rte_version.h>

#include "base/log.h"

RTE_LOG_REGISTER_DEFAULT(net_folio_logtype, NOTICE);

/* The datapath's messages go where the application's other drivers' go. */
static void
log_to_dpdk(enum log_level level, const char *text, void *arg)
{
	static const uint32_t levels[] = {
		[LOG_ERROR] = RTE_LOG_ERR,
		[LOG_WARNING] = RTE_LOG_WARNING,
		[LOG_NOTE] = RTE_LOG_NOTICE,
	};

	(void)arg;
	rte_log(levels[level], (uint32_t)net_folio_logtype, "%s\n", text);
}

/* A driver uses what DPDK keeps to itself, and that changes between versions. */
static int
check_dpdk(void)
{
	char built_for[32];

	snprintf(built_for, sizeof(built_for), "%s %d.%02d.%d", RTE_VER_PREFIX, RTE_VER_YEAR,
		 RTE_VER_MONTH, RTE_VER_MINOR);
	if (!strcmp(rte_version(), built_for))
		return 0;
	log_error("net_folio: built for %s, found %s: build it again", built_for, rte_version());
	return -ENOTSUP;
}

static int
check_process(void)
{
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		return 0;
	log_error("net_folio: found a secondary process, allowed: the primary only");
	return -ENOTSUP;
}

static void
fill_port(struct rte_eth_dev *dev, const struct devargs *args)
{
	struct net_folio *folio = dev->data->dev_private;

	folio->dev = dev;
	folio->args = *args;
	folio->config = args->config;
	folio->stop_fd = -1;
	for (unsigned int q = 0; q < QUEUES_MAX; q++) {
		rte_spinlock_init(&folio->pairs[q].lock);
		folio->pairs[q].burst = (uint16_t)args->config.burst;
		queue_pair_set(&folio->pairs[q], NULL);
	}
	dev->data->mac_addrs = &folio->args.mac;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	dev->data->dev_link = (struct rte_eth_link){.link_speed = RTE_ETH_SPEED_NUM_UNKNOWN,
						    .link_duplex = RTE_ETH_LINK_FULL_DUPLEX};
	dev->dev_ops = &net_folio_ops;
	dev->rx_pkt_burst = net_folio_rx_burst;
	dev->tx_pkt_burst = net_folio_tx_burst;
}

static int
net_folio_probe(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev;
	struct devargs args;
	int error;

	log_set_sink(log_to_dpdk, NULL);
	error = check_process();
	if (!error)
		error = check_dpdk();
	if (!error)
		error = devargs_parse(rte_vdev_device_args(vdev), &args);
	if (error)
		return error;
	dev = rte_eth_vdev_allocate(vdev, sizeof(struct net_folio));
	if (!dev) {
		log_error("net_folio: no memory for port %s", rte_vdev_device_name(vdev));
		return -ENOMEM;
	}
	fill_port(dev, &args);
	rte_eth_dev_probing_finish(dev);
	return 0;
}

/* The application may have left the port started: it may go away, or rte_eal_cleanup() take it. */
static int
net_folio_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));
	int error = 0;

	if (!dev)
		return 0;
	if (dev->data->dev_started)
		error = rte_eth_dev_stop(dev->data->port_id);
	return error ? error : rte_eth_dev_close(dev->data->port_id);
}

static struct rte_vdev_driver net_folio = {
	.probe = net_folio_probe,
	.remove = net_folio_remove,
};

RTE_PMD_REGISTER_VDEV(net_folio, net_folio);
