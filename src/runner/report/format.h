/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as tables show them. Each returns buf; NAN is "n/a". */
#ifndef FOLIO_RUNNER_FORMAT_H
#define FOLIO_RUNNER_FORMAT_H

#include <stddef.h>

#include "runner/report/stats.h"

/* One decimal below 1000, thousands from 100000: "118.4", "10393", "259.7k". */
const char *format_cycles(double cycles, char *buf, size_t size);

/* Four digits or so: "1.157", "96.02". */
const char *format_ratio(double ratio, char *buf, size_t size);

/* Three digits, in the unit that takes the fewest: "438 ns", "12.1 us", "1.27 ms". */
const char *format_ns(double ns, char *buf, size_t size);

/* Three digits are all that two processes give: "1.23 Mpps", "456.7 kpps". */
const char *format_pps(double pps, char *buf, size_t size);

/* "12.3%" for 0.123. */
const char *format_share(double share, char *buf, size_t size);

/* The value, flush right, and its interval: " 118.4  117.9..119.0". */
const char *format_cycles_estimate(const struct estimate *e, char *buf, size_t size);
const char *format_ratio_estimate(const struct estimate *e, char *buf, size_t size);

#endif
