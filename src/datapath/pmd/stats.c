/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics. Packets and bytes are counted per queue pair; the extended ones are
 * the datapath's counters, summed over queue pairs, and there once the port was
 * started.
 *
 * The counters belong to the packet path, which never resets them: what they stood
 * at is taken off instead.
 */
#include <stdio.h>
#include <string.h>

#include "datapath/pmd/net_folio.h"

_Static_assert(sizeof(struct rte_eth_stats) % sizeof(uint64_t) == 0,
	       "struct rte_eth_stats is made of uint64_t only");

void
net_folio_stats_begin(struct net_folio *folio)
{
	for (unsigned int q = 0; q < folio->config.queues; q++) {
		struct queue_pair *pair = &folio->pairs[q];

		pair->rx_packets = pair->rx_bytes = pair->tx_packets = pair->tx_bytes = 0;
	}
	memset(&folio->stats_base, 0, sizeof(folio->stats_base));
	folio->tally.n = 0;
	tally_add_ports(&folio->tally, folio->ports, folio->config.queues);
	folio->n_counts = tally_begin(&folio->tally, folio->counts);
}

static void
add_pair(struct rte_eth_stats *stats, const struct net_folio *folio, unsigned int q)
{
	const struct queue_pair *pair = &folio->pairs[q];
	const struct port *port = &folio->ports[q];

	stats->q_ipackets[q] = pair->rx_packets;
	stats->q_ibytes[q] = pair->rx_bytes;
	stats->q_opackets[q] = pair->tx_packets;
	stats->q_obytes[q] = pair->tx_bytes;
	stats->ipackets += stats->q_ipackets[q];
	stats->ibytes += stats->q_ibytes[q];
	stats->opackets += stats->q_opackets[q];
	stats->obytes += stats->q_obytes[q];
	stats->oerrors += port->drop_no_temporary + port->drop_unsendable;
	stats->rx_nombuf += port->drop_no_shadow;
}

static void
stats_since_start(const struct net_folio *folio, struct rte_eth_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	for (unsigned int q = 0; q < folio->config.queues; q++)
		add_pair(stats, folio, q);
}

int
net_folio_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	const struct net_folio *folio = dev->data->dev_private;
	const uint64_t *base = (const uint64_t *)&folio->stats_base;
	uint64_t *count = (uint64_t *)stats;

	stats_since_start(folio, stats);
	for (size_t i = 0; i < sizeof(*stats) / sizeof(*count); i++)
		count[i] -= base[i];
	return 0;
}

int
net_folio_stats_reset(struct rte_eth_dev *dev)
{
	struct net_folio *folio = dev->data->dev_private;

	stats_since_start(folio, &folio->stats_base);
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
