/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue pair's way through the host's kernel, as frames of an emulated device take
 * it: between the wire and the VM stand a bridge and a TAP, which the device reads and
 * writes frame by frame.
 *
 *   to the guest:    wire TAP --write--> bridge --> device TAP --read--> backend_send()
 *   from the guest:  backend_receive() --write--> device TAP --> bridge --> wire TAP --read-->
 *
 * The wire's end is a TAP too, where the traffic generator has its frames. All of it
 * stands in a network namespace of its own, and frames go through the kernel in the
 * writer's context: one thread drives it, and nothing is under way between two calls
 * but frames for which the device had no buffer, and those of a softirq that the kernel put
 * off. Such late ones are taken by the calls that follow. The link carries frames of 1,514
 * bytes at most; one whose source address is none (zero, or a group's) is dropped by
 * the bridge.
 */
#ifndef FOLIO_DATAPATH_HOST_PATH_H
#define FOLIO_DATAPATH_HOST_PATH_H

#include <stdbool.h>
#include <stdint.h>

struct backend;
struct host_path;
struct rte_mbuf;
struct rte_mempool;

/* The bridge; a program of the host's has its address there. */
#define HOST_PATH_BRIDGE "bridge"

/*
 * Makes it, with mbufs of pool's for the frames on the device's side. backend and pool
 * outlive it. Returns 0 or -errno after log_error(): -EPERM without privileges.
 */
int host_path_open(struct backend *backend, unsigned int queue, struct rte_mempool *pool,
		   struct host_path **out);
void host_path_close(struct host_path *path);

/* The ways of n queue pairs, in paths[]; it has QUEUES_MAX places, of which those in use are not NULL. */
int host_paths_open(struct backend *backend, unsigned int n, struct rte_mempool *pool,
		    struct host_path **paths);
void host_paths_close(struct host_path **paths);

/*
 * Puts n frames (at most 32) on the wire; they stay the caller's. Returns n; or 0 where
 * the device has not taken earlier ones yet.
 */
uint16_t host_path_send(struct host_path *path, struct rte_mbuf **bufs, uint16_t n);

/* Hands the device what waits for it; returns whether nothing waits any more. */
bool host_path_push(struct host_path *path);

/* Up to n frames (at most 32) that the guest sent, off the wire, the caller's from then on. */
uint16_t host_path_receive(struct host_path *path, struct rte_mbuf **bufs, uint16_t n);

/* Frames, either way, that the kernel was given and has not handed on: late ones, or dropped. */
uint32_t host_path_in_kernel(const struct host_path *path);

/* Drops what is still under way. */
void host_path_discard(struct host_path *path);

/* Takes what was sent and is in the kernel still for dropped. */
void host_path_settle(struct host_path *path);

/* Frames, either way, that were taken but not handed on. */
uint64_t host_path_dropped(const struct host_path *path);

/* The network namespace that it stands in: for programs at the host's end. */
int host_path_netns(const struct host_path *path);

#endif
