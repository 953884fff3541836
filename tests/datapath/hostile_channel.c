/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend after an honest handshake, on its own channel with the IOMMU's thread behind it:
 * it asks for what is not the device's, malformed, without end, and refuses invalidations.
 */
#include "hostile_backend.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"
#include "datapath/guest/iommu.h"
#include "datapath/guest/vhost_message.h"

static struct iommu *
open_iommu(void)
{
	struct region *region = &backend.region;
	struct iommu *iommu;

	assert_int_equal(scripted_connect(&backend, 200), 0);
	scripted_say_honestly(&backend, 0, SCRIPTED_STEPS);
	assert_int_equal(scripted_handshake(&backend), 0);
	scripted_channel(&backend);
	assert_true(backend.channel_fd >= 0);
	assert_int_equal(iommu_open(&backend.peer, region, region->base + REGION_ALIGN_BYTES,
				    region->size_bytes - REGION_ALIGN_BYTES, &iommu),
			 0);
	assert_int_equal(iommu_start(iommu), 0);
	return iommu;
}

static void
close_iommu(struct iommu *iommu)
{
	iommu_close(iommu);
	scripted_disconnect(&backend);
}

static struct vhost_message
miss(uint64_t iova, uint64_t size, uint8_t type)
{
	return (struct vhost_message){
		.request = VHOST_USER_BACKEND_IOTLB_MSG,
		.flags = VHOST_FLAG_VERSION_1,
		.payload_bytes = sizeof(struct vhost_iotlb_msg),
		.payload.iotlb = {.iova = iova, .size = size, .perm = 3, .type = type},
	};
}

/* A translation is given for what lies in the region, and covers nothing outside. */
static void
expect_update(uint64_t iova)
{
	const struct region *region = &backend.region;
	struct vhost_message update;

	assert_int_equal(vhost_message_receive(backend.fd, &update, PATIENCE_MS, -1), 0);
	assert_int_equal(update.request, VHOST_USER_IOTLB_MSG);
	const struct vhost_iotlb_msg copy = update.payload.iotlb, *given = &copy;

	assert_int_equal(given->type, VHOST_IOTLB_UPDATE);
	assert_int_equal(given->uaddr, given->iova);
	assert_true(given->iova >= REGION_IOVA && given->iova <= iova);
	assert_true(iova - given->iova < given->size);
	assert_true(given->size <= region->size_bytes - (given->iova - REGION_IOVA));
}

static void
translations(void **state)
{
	static const uint64_t sizes[] = {0, 1, 4096, 1ull << 32, UINT64_MAX};
	uint64_t bytes = backend.region.size_bytes;
	const uint64_t iovas[] = {0,
				  1,
				  REGION_IOVA - 1,
				  REGION_IOVA,
				  REGION_IOVA + REGION_ALIGN_BYTES - 1,
				  REGION_IOVA + REGION_ALIGN_BYTES,
				  REGION_IOVA + bytes - 1,
				  REGION_IOVA + bytes,
				  (uintptr_t)backend.region.base,
				  1ull << 63,
				  UINT64_MAX};
	struct iommu *iommu = open_iommu();
	uint64_t given = 0, asked = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(iovas) / sizeof(iovas[0]); i++)
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
			for (unsigned int type = 0; type < 256; type += type < 8 ? 1 : 31) {
				struct vhost_message message =
					miss(iovas[i], sizes[j], (uint8_t)type);
				bool inside = iovas[i] - REGION_IOVA < bytes;

				assert_int_equal(vhost_message_send(backend.channel_fd, &message,
								    backend.eventfd),
						 0);
				if (type != VHOST_IOTLB_MISS)
					continue;
				asked++;
				given += inside;
				if (inside)
					expect_update(iovas[i]);
			}
	/* Answers come in order: with this one all are given. */
	struct vhost_message last = miss(REGION_IOVA, 1, VHOST_IOTLB_MISS);

	assert_int_equal(vhost_message_send(backend.channel_fd, &last, -1), 0);
	expect_update(REGION_IOVA);
	asked++, given++;
	assert_false(vhost_user_gone(&backend.peer));
	assert_int_equal(iommu_counted(iommu)->misses, asked);
	assert_int_equal(iommu_counted(iommu)->updates, given);
	assert_int_equal(iommu_counted(iommu)->refused, asked - given);
	close_iommu(iommu);
}

static void
expect_hang_up(const void *bytes, size_t size)
{
	uint64_t deadline_ns = clock_monotonic_ns() + PATIENCE_MS * 1000000ull;
	struct iommu *iommu = open_iommu();

	assert_int_equal(send(backend.channel_fd, bytes, size, MSG_NOSIGNAL), size);
	while (!vhost_user_gone(&backend.peer))
		assert_true(clock_monotonic_ns() < deadline_ns);
	close_iommu(iommu);
}

/* Malformed: the backend is hung up on, rather than left without translations. */
static void
malformed_on_the_channel(void **state)
{
	struct vhost_message part = miss(REGION_IOVA, 4096, VHOST_IOTLB_MISS), version = part,
			     too_long = part;

	(void)state;
	version.flags = 2;
	too_long.payload_bytes = sizeof(part.payload) + 1;
	expect_hang_up(&version, sizeof(version));
	expect_hang_up(&too_long, sizeof(too_long));
	expect_hang_up(&part, 20);
}

/* One that asks for ever and takes no answer is hung up on, too; nobody waits for ever. */
static void
floods_the_channel(void **state)
{
	const struct vhost_message message = miss(REGION_IOVA, 4096, VHOST_IOTLB_MISS);
	uint64_t deadline_ns = clock_monotonic_ns() + PATIENCE_MS * 1000000ull;
	struct iommu *iommu = open_iommu();
	const struct timeval patience = {.tv_usec = 50000};

	(void)state;
	assert_int_equal(setsockopt(backend.peer.fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
				    sizeof(patience)),
			 0);
	while (!vhost_user_gone(&backend.peer)) {
		send(backend.channel_fd, &message, HEADER_BYTES + message.payload_bytes,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
		assert_true(clock_monotonic_ns() < deadline_ns);
	}
	close_iommu(iommu);
}

/* An invalidation that is refused, or not acknowledged, ends the connection. */
static void
invalidations(void **state)
{
	struct iommu *iommu = open_iommu();
	struct vhost_message refusal = {.request = VHOST_USER_IOTLB_MSG,
					.flags = VHOST_FLAG_VERSION_1 | VHOST_FLAG_REPLY,
					.payload_bytes = 8,
					.payload.u64 = 1};

	(void)state;
	scripted_say(&backend, &refusal, SCRIPTED_REPLY_BYTES, 0);
	assert_int_equal(iommu_configure(iommu, 4096, true), -EREMOTEIO);
	assert_true(vhost_user_gone(&backend.peer));
	/* From here on nothing is sent, and the next one has a clean start. */
	iommu_stop(iommu);
	assert_int_equal(iommu_configure(iommu, 65536, true), 0);
	close_iommu(iommu);
	iommu = open_iommu();
	assert_int_equal(iommu_configure(iommu, 4096, true), -ETIMEDOUT);
	assert_int_equal(iommu_counted(iommu)->failures, 1);
	close_iommu(iommu);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translations),
		cmocka_unit_test(malformed_on_the_channel),
		cmocka_unit_test(floods_the_channel),
		cmocka_unit_test(invalidations),
	};

	return cmocka_run_group_tests(tests, hostile_set_up, hostile_tear_down);
}
