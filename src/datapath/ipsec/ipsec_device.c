/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/ipsec_device.h"

#include <errno.h>
#include <stdbool.h>

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_errno.h>

#include "base/log.h"

#define DEVICE_NAME "crypto_aesni_gcm_folio"
#define SESSIONS 256u
#define QUEUE_DESCRIPTORS 1024u

static struct ipsec_device device;
static bool there;

static int
refuse(const char *what, int error)
{
	log_error("crypto device %s: %s: %s", DEVICE_NAME, what, rte_strerror(-error));
	return error;
}

/* The device needs its queue for the look-aside mode only. */
static int
start_queue(void)
{
	struct rte_cryptodev_config config = {.socket_id = SOCKET_ID_ANY, .nb_queue_pairs = 1};
	struct rte_cryptodev_qp_conf queue = {.nb_descriptors = QUEUE_DESCRIPTORS,
					      .mp_session = device.sessions};
	int error = rte_cryptodev_configure(device.id, &config);

	if (!error)
		error = rte_cryptodev_queue_pair_setup(device.id, 0, &queue, SOCKET_ID_ANY);
	if (!error)
		error = rte_cryptodev_start(device.id);
	return error ? refuse("start", error) : 0;
}

static int
open_device(void)
{
	int error = rte_vdev_init(DEVICE_NAME, NULL), id;

	if (error)
		return refuse("not there; DPDK's driver for ipsec-mb is wanted", error);
	id = rte_cryptodev_get_dev_id(DEVICE_NAME);
	if (id < 0)
		return refuse("not found", -ENODEV);
	device.id = (uint8_t)id;
	device.sessions = rte_cryptodev_sym_session_pool_create(
		"folio_sessions", SESSIONS, rte_cryptodev_sym_get_private_session_size(device.id),
		0, 0, SOCKET_ID_ANY);
	device.ops = rte_crypto_op_pool_create("folio_crypto_ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC,
					       IPSEC_OPS, 0, IPSEC_OP_IV_BYTES, SOCKET_ID_ANY);
	if (!device.sessions || !device.ops)
		return refuse("pools", -rte_errno);
	return start_queue();
}

int
ipsec_device_get(const struct ipsec_device **out)
{
	int error = there ? 0 : open_device();

	there = !error;
	*out = &device;
	return error;
}
