/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the trials at one load say of it, by RFC 9971 (Multiple Loss Ratio Search),
 * appendices "Load Classification" and "Conditional Throughput". A goal allows a loss;
 * a trial with more is a high-loss one. Since software has bad moments, up to a share
 * of the time (the exceed ratio) may be spent in high-loss trials: a load is a lower bound
 * when that holds whatever the trials that are still missing of the goal's time will say,
 * an upper bound when it will not hold whatever they say, and undecided else.
 *
 * Short trials cannot make a load a lower bound: they count against it only, and
 * only as far as the bad ones among them outweigh the good ones.
 */
#ifndef FOLIO_RUNNER_LOAD_CLASS_H
#define FOLIO_RUNNER_LOAD_CLASS_H

#include <stddef.h>

enum load_class { LOAD_UNDECIDED, LOAD_LOWER, LOAD_UPPER };

/* Time spent in trials at a load, in seconds. */
struct load_sums {
	double full_low_s, full_high_s;   /* as long as the goal wants them, or longer */
	double short_low_s, short_high_s; /* shorter */
};

/* duration_s: the time that the goal wants in all; exceed: 0 to less than 1. */
enum load_class load_classify(const struct load_sums *sums, double duration_s, double exceed);

struct full_trial {
	double loss_share, duration_s;
};

/*
 * The share of the load that comes back in the worst of those trials that the exceed
 * ratio does not pass over; trials (at least one, and full-length all) are put into
 * order of loss. The load's rate times it is its conditional throughput.
 */
double load_forwarded_share(struct full_trial *trials, size_t n, double duration_s, double exceed);

#endif
