/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated frames: valid, recognised, and no damage that passes; and where flows go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/host/marked_frame.h"
#include "datapath/host/spread.h"
#include "datapath/host/udp_frame.h"

static const uint16_t sizes[] = {60, 61, 64, 100, 566, 1514, 9000};

static const struct mark marks[] = {
	{0, 0, 0}, {1, 1, 1}, {UINT64_MAX, MARKED_FLOWS_MAX - 1, UINT16_MAX}, {1000000, 300, 7}};

/* A frame of that size in memory of exactly that size, so that a sanitizer sees each step beyond. */
static uint8_t *
make(uint16_t size, const struct mark *mark)
{
	struct frame_template template;

	assert_int_equal(frame_template_open(&template, size), 0);
	uint8_t *frame = malloc(size);

	assert_non_null(frame);
	memcpy(frame, template.bytes, size);
	template.mark(&template, frame, mark);
	frame_template_close(&template);
	return frame;
}

static void
swap(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

static void
test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t k = 0; k < sizeof(marks) / sizeof(marks[0]); k++) {
			/* Addresses of each layer, and ports, swapped or not. */
			for (unsigned int swapped = 0; swapped < 8; swapped++) {
				uint8_t *frame = make(sizes[i], &marks[k]);
				struct mark mark;

				if (swapped & 1)
					swap(frame, frame + 6, 6);
				if (swapped & 2)
					swap(frame + 26, frame + 30, 4);
				if (swapped & 4)
					swap(frame + 34, frame + 36, 2);
				assert_int_equal(marked_frame_check(frame, sizes[i], &mark),
						 FRAME_WHOLE);
				assert_int_equal(mark.number, marks[k].number);
				assert_int_equal(mark.flow, marks[k].flow);
				assert_int_equal(mark.session, marks[k].session);
				free(frame);
			}
		}
	}
}

/* RFC 1071: over a valid header, checksum included, the sum is all ones. */
static void
test_ip_header_is_valid(void **state)
{
	(void)state;
	for (uint32_t flow = 0; flow < MARKED_FLOWS_MAX; flow += 97) {
		uint8_t *frame = make(566, &(struct mark){1, flow, 1});
		uint32_t sum = 0;

		for (unsigned int i = 14; i < 34; i += 2)
			sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		assert_int_equal(sum, 0xffff);
		free(frame);
	}
}

static void
test_each_damaged_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (uint16_t at = 0; at < sizes[i]; at++) {
			uint8_t *frame = make(sizes[i], &marks[3]);
			struct mark mark;

			for (unsigned int bits = 1; bits < 256; bits = bits << 1 | (bits == 128)) {
				frame[at] ^= (uint8_t)bits;
				assert_int_equal(marked_frame_check(frame, sizes[i], &mark),
						 FRAME_CORRUPTED);
				frame[at] ^= (uint8_t)bits;
				if (sizes[i] > 566)
					break;
			}
			free(frame);
		}
	}
}

static void
test_each_shorter_length(void **state)
{
	uint8_t *whole = make(1514, &marks[3]);
	struct mark mark;

	(void)state;
	for (uint32_t length = 0; length < 1514; length++) {
		uint8_t *frame = malloc(length ? length : 1);

		assert_non_null(frame);
		memcpy(frame, whole, length);
		/* Less than its Ethernet header tells nobody whose it was. */
		assert_int_equal(marked_frame_check(frame, length, &mark),
				 length < 14 ? FRAME_FOREIGN : FRAME_CORRUPTED);
		free(frame);
	}
	free(whole);
}

static void
test_longer(void **state)
{
	uint8_t *whole = make(100, &marks[3]), frame[101];
	struct mark mark;

	(void)state;
	memcpy(frame, whole, 100);
	frame[100] = 0;
	assert_int_equal(marked_frame_check(frame, sizeof(frame), &mark), FRAME_CORRUPTED);
	free(whole);
}

static void
test_foreign(void **state)
{
	uint8_t frame[1514];
	struct mark mark;

	(void)state;
	for (unsigned int fill = 0; fill < 256; fill++) {
		memset(frame, (int)fill, sizeof(frame));
		for (uint32_t length = 0; length <= sizeof(frame); length += 14)
			assert_int_equal(marked_frame_check(frame, length, &mark), FRAME_FOREIGN);
	}
}

/* Every queue gets flows, each about its share, and a flow's queue is always the same. */
static void
test_spread(void **state)
{
	static const uint32_t flows[] = {64, 1000, MARKED_FLOWS_MAX};

	(void)state;
	for (unsigned int queues = 1; queues <= 8; queues++) {
		struct spread spread;

		spread_set(&spread, queues);
		for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
			uint32_t counts[8] = {0};

			for (uint32_t flow = 0; flow < flows[i]; flow++) {
				struct mark mark = {1, flow, 1}, later = {99, flow, 2};
				uint8_t *a = make(60, &mark), *b = make(100, &later);
				uint32_t hash = spread_hash(a, 60);

				assert_int_equal(hash, spread_hash(b, 100));
				counts[spread_queue(&spread, hash)]++;
				free(a);
				free(b);
			}
			for (unsigned int queue = 0; queue < queues; queue++)
				assert_in_range(counts[queue], flows[i] / queues / 4,
						flows[i] / queues * 4);
		}
	}
}

/* Microsoft's verification suite: 66.9.149.187:2794 to 161.142.100.80:1766. */
static void
test_hash_is_toeplitz(void **state)
{
	uint8_t frame[60] = {
		[12] = 0x08,        [14] = 0x45,      [23] = 6,          [26] = 66,
		[27] = 9,           [28] = 149,       [29] = 187,        [30] = 161,
		[31] = 142,         [32] = 100,       [33] = 80,         [34] = 2794 >> 8,
		[35] = 2794 & 0xff, [36] = 1766 >> 8, [37] = 1766 & 0xff};

	(void)state;
	assert_int_equal(spread_hash(frame, sizeof(frame)), 0x51ccc178);
	frame[23] = 1; /* no ports */
	assert_int_equal(spread_hash(frame, sizeof(frame)), 0x323e8fc2);
	frame[23] = 6;
	frame[20] = 0x20; /* a fragment: no ports to be had */
	assert_int_equal(spread_hash(frame, sizeof(frame)), 0x323e8fc2);
	frame[12] = 0x86;
	assert_int_equal(spread_hash(frame, sizeof(frame)), 0);
	for (uint32_t length = 0; length < sizeof(frame); length++)
		spread_hash(frame, length);
}

#define SHORT_SENT 1000u

/* The number-th short frame of flow 3, of those sent[] says. */
static uint8_t *
make_short(uint16_t payload_bytes, uint64_t number)
{
	struct frame_template template;
	uint8_t *frame = malloc(60);

	assert_non_null(frame);
	assert_int_equal(frame_template_open_payload(&template, payload_bytes), 0);
	assert_true(frame_template_is_short(&template));
	assert_int_equal(template.length_bytes, 60);
	memcpy(frame, template.bytes, 60);
	template.mark(&template, frame, &(struct mark){number, 3, 5});
	frame_template_close(&template);
	return frame;
}

static const uint64_t short_sent[] = {0, 0, 0, SHORT_SENT, 0};

static enum frame_verdict
check_short(const uint8_t *frame, uint32_t length_bytes, uint16_t payload_bytes, struct mark *mark)
{
	return short_frame_check(frame, length_bytes, payload_bytes, short_sent, 5, 5, mark);
}

/* With and without what fills a frame up to Ethernet's shortest: a kernel takes it off. */
static void
test_short_whole(void **state)
{
	(void)state;
	for (uint16_t payload = 1; payload < MARKED_PAYLOAD_BYTES_MIN; payload++) {
		for (uint64_t n = SHORT_SENT - SHORT_NUMBERS; n < SHORT_SENT; n++) {
			uint8_t *frame = make_short(payload, n);
			struct mark mark;

			assert_int_equal(check_short(frame, 60, payload, &mark), FRAME_WHOLE);
			swap(frame + 34, frame + 36, 2);
			assert_int_equal(check_short(frame, 42 + payload, payload, &mark),
					 FRAME_WHOLE);
			assert_int_equal(mark.number, n);
			assert_int_equal(mark.flow, 3);
			assert_int_equal(mark.session, 5);
			free(frame);
		}
	}
}

static void
test_short_each_damaged_byte(void **state)
{
	(void)state;
	for (uint16_t payload = 1; payload < MARKED_PAYLOAD_BYTES_MIN; payload++) {
		uint8_t *frame = make_short(payload, SHORT_SENT - 7);
		struct mark mark;

		for (uint16_t at = 0; at < 42 + payload; at++) {
			for (unsigned int bits = 1; bits < 256; bits++) {
				frame[at] ^= (uint8_t)bits;
				assert_int_equal(check_short(frame, 60, payload, &mark),
						 FRAME_CORRUPTED);
				frame[at] ^= (uint8_t)bits;
			}
		}
		for (uint32_t length = 0; length < 42u + payload; length++)
			assert_int_equal(check_short(frame, length, payload, &mark),
					 length < 14 ? FRAME_FOREIGN : FRAME_CORRUPTED);
		free(frame);
	}
}

/* A frame that nobody sent, or of another payload, is not taken for one that was. */
static void
test_short_not_sent(void **state)
{
	static const uint64_t none[5] = {0}, few[] = {0, 0, 0, 2, 0};
	uint8_t *frame = make_short(4, 5);
	struct mark mark;

	(void)state;
	assert_int_equal(short_frame_check(frame, 60, 4, none, 5, 5, &mark), FRAME_CORRUPTED);
	assert_int_equal(short_frame_check(frame, 60, 4, few, 5, 5, &mark), FRAME_CORRUPTED);
	assert_int_equal(short_frame_check(frame, 60, 4, short_sent, 3, 5, &mark), FRAME_CORRUPTED);
	assert_int_equal(check_short(frame, 60, 5, &mark), FRAME_CORRUPTED);
	free(frame);
}

/* What a kernel that answers may choose by itself: identification, time to live, a checksum. */
static void
test_answer_of_a_kernel(void **state)
{
	uint8_t *frame = make(566, &marks[3]);
	struct udp_headers *headers = (struct udp_headers *)frame;
	struct mark mark;

	(void)state;
	swap(frame, frame + 6, 6);
	swap(frame + 26, frame + 30, 4);
	swap(frame + 34, frame + 36, 2);
	headers->ip.packet_id = 0x1234;
	headers->ip.time_to_live = 63;
	headers->ip.fragment_offset = 0;
	headers->ip.hdr_checksum = 0;
	headers->ip.hdr_checksum = rte_ipv4_cksum(&headers->ip);
	udp_headers_add_checksum(headers);
	assert_int_not_equal(headers->udp.dgram_cksum, 0);
	assert_int_equal(marked_frame_check(frame, 566, &mark), FRAME_WHOLE);
	headers->udp.dgram_cksum ^= 1;
	assert_int_equal(marked_frame_check(frame, 566, &mark), FRAME_CORRUPTED);
	free(frame);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_ip_header_is_valid),
		cmocka_unit_test(test_each_damaged_byte),
		cmocka_unit_test(test_each_shorter_length),
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_short_whole),
		cmocka_unit_test(test_short_each_damaged_byte),
		cmocka_unit_test(test_short_not_sent),
		cmocka_unit_test(test_answer_of_a_kernel),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_hash_is_toeplitz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
