/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts that meet points beside the doorbell: from set-up on they stand in front of a port's own. */
#ifndef FOLIO_DATAPATH_PORT_POINTS_H
#define FOLIO_DATAPATH_PORT_POINTS_H

struct port;

/*
 * Puts them in front of the port's bursts, where what it was opened with wants it:
 * another port's bursts stay as they are. The points' lists are complete.
 */
void port_meet_points(struct port *port);

#endif
