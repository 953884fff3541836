/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics. Packets and bytes are counted per queue pair; the extended ones are
 * the datapath's counters, summed over queue pairs, and there once the port was
 * started.
 *
 * The counters belong to the packet path, which never resets them: what they stood
 * at is taken off instead, queue pair by queue pair, since the next configuration may
 * have fewer.
 */
#include <stdio.h>
#include <string.h>

#include "datapath/pmd/net_folio.h"

static const struct counter queue_pair_counters[] = {
	{"drop.segmented", offsetof(struct queue_pair, rx_segmented), "packets",
	 "received in more buffers than the application enabled"},
	{0},
};

void
net_folio_stats_clear(struct net_folio *folio)
{
	for (unsigned int q = 0; q < QUEUES_MAX; q++) {
		struct queue_pair *pair = &folio->pairs[q];

		pair->rx_packets = pair->rx_bytes = pair->rx_segmented = 0;
		pair->tx_packets = pair->tx_bytes = 0;
	}
	memset(folio->stats_base, 0, sizeof(folio->stats_base));
	folio->n_counts = 0;
}

static void
add_queue_pairs(struct net_folio *folio)
{
	struct tallied *tallied = &folio->tally.tables[folio->tally.n++];

	*tallied = (struct tallied){
		.prefix = "", .table = queue_pair_counters, .n = folio->config.queues};
	for (unsigned int q = 0; q < folio->config.queues; q++)
		tallied->bases[q] = (const uint8_t *)&folio->pairs[q];
}

void
net_folio_stats_begin(struct net_folio *folio)
{
	folio->tally.n = 0;
	tally_add_ports(&folio->tally, folio->ports, folio->config.queues);
	add_queue_pairs(folio);
	folio->n_counts = tally_begin(&folio->tally, folio->counts);
}

static struct pair_stats
stats_of(const struct net_folio *folio, unsigned int q)
{
	const struct queue_pair *pair = &folio->pairs[q];
	const struct port *port = &folio->ports[q];

	return (struct pair_stats){
		.ipackets = pair->rx_packets,
		.ibytes = pair->rx_bytes,
		.ierrors = pair->rx_segmented + port->drop_esp,
		.rx_nombuf = port->drop_no_shadow,
		.opackets = pair->tx_packets,
		.obytes = pair->tx_bytes,
		.oerrors = port->drop_no_temporary + port->drop_unsendable,
	};
}

int
net_folio_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	const struct net_folio *folio = dev->data->dev_private;

	memset(stats, 0, sizeof(*stats));
	for (unsigned int q = 0; q < folio->config.queues; q++) {
		const struct pair_stats now = stats_of(folio, q), *base = &folio->stats_base[q];

		stats->q_ipackets[q] = now.ipackets - base->ipackets;
		stats->q_ibytes[q] = now.ibytes - base->ibytes;
		stats->q_opackets[q] = now.opackets - base->opackets;
		stats->q_obytes[q] = now.obytes - base->obytes;
		stats->q_errors[q] = now.ierrors - base->ierrors;
		stats->ipackets += stats->q_ipackets[q];
		stats->ibytes += stats->q_ibytes[q];
		stats->ierrors += stats->q_errors[q];
		stats->rx_nombuf += now.rx_nombuf - base->rx_nombuf;
		stats->opackets += stats->q_opackets[q];
		stats->obytes += stats->q_obytes[q];
		stats->oerrors += now.oerrors - base->oerrors;
	}
	return 0;
}

int
net_folio_stats_reset(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;

	for (unsigned int q = 0; q < QUEUES_MAX; q++)
		folio->stats_base[q] = stats_of(folio, q);
	return 0;
}

int
net_folio_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			   unsigned int n)
{
	const struct net_folio *folio = dev->data->dev_private;

	for (uint32_t i = 0; names && i < n && i < folio->n_counts; i++)
		snprintf(names[i].name, sizeof(names[i].name), "%s", folio->counts[i].name);
	return (int)folio->n_counts;
}

int
net_folio_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	const struct net_folio *folio = dev->data->dev_private;
	struct tally_count counts[TALLY_COUNTS_MAX];

	if (!folio->n_counts || n < folio->n_counts)
		return (int)folio->n_counts;
	memcpy(counts, folio->counts, sizeof(counts));
	tally_end(&folio->tally, counts);
	for (uint32_t i = 0; i < folio->n_counts; i++)
		xstats[i] = (struct rte_eth_xstat){.id = i, .value = counts[i].count};
	return (int)folio->n_counts;
}

int
net_folio_xstats_reset(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;

	if (folio->n_counts)
		tally_begin(&folio->tally, folio->counts);
	return 0;
}
