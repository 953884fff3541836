/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP by librte_ipsec: what one end seals the other opens bit for bit; what is damaged,
 * replayed, cut or of another association is dropped and counted by its name; and the
 * workload works through the whole datapath.
 */
#include "esp_fixture.h"

#include <string.h>

#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/host/udp_frame.h"
#include "datapath/ipsec/ipsec_ends.h"

/* The guest's end and its peer's, of the associations that a configuration has. */
struct pair {
	struct ipsec_sa *seals, *opens;
	struct esp_counters sealed, opened;
};

/* Kind i: each bit one choice, so that they come in every combination. */
#define KINDS 16u
#define LANE_KINDS 24u /* of lanes, which have esp_crypto direct too */

static struct esp_options
options_of(unsigned int kind)
{
	struct esp_options options = esp_kind(kind);

	options.crypto = kind >> 3;
	return options;
}

static void
pair_open(struct pair *pair, const struct esp_options *options, uint64_t sent)
{
	struct esp_spec spec;

	memset(pair, 0, sizeof(*pair));
	esp_spec_of(options, true, &spec);
	spec.sent = sent;
	assert_int_equal(ipsec_sa_open(&spec, true, options->crypto, &pair->seals), 0);
	assert_int_equal(ipsec_sa_open(&spec, false, options->crypto, &pair->opens), 0);
}

static void
pair_close(struct pair *pair)
{
	ipsec_sa_close(pair->seals);
	ipsec_sa_close(pair->opens);
	esp_expect_all_back();
}

static struct rte_mbuf *
sealed(struct pair *pair, uint16_t payload_bytes, struct random_state *random, uint8_t *frame)
{
	uint16_t n = esp_datagram(frame, payload_bytes, random);
	struct rte_mbuf *mbuf = esp_mbuf_of(frame, RTE_MAX(n, UDP_FRAME_BYTES_MIN));

	assert_int_equal(ipsec_sa_seal(pair->seals, &mbuf, 1, &pair->sealed), 1);
	return mbuf;
}

static bool
opens(struct pair *pair, struct rte_mbuf *mbuf)
{
	bool one = ipsec_sa_open_frames(pair->opens, &mbuf, 1, &pair->opened);

	if (one)
		rte_pktmbuf_free(mbuf);
	return one;
}

static struct rte_mbuf *
copy_of(const struct rte_mbuf *mbuf)
{
	return esp_mbuf_of(rte_pktmbuf_mtod(mbuf, const void *), mbuf->data_len);
}

static void
every_payload_comes_out(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const struct esp_options options = options_of(kind);
		struct random_state random = {kind};
		struct pair pair;

		pair_open(&pair, &options, 0);
		for (uint16_t payload = 1; payload <= ESP_PAYLOAD_MAX;
		     payload += payload < 80 ? 1 : 13) {
			_Alignas(2) uint8_t frame[UDP_HEADERS_BYTES + ESP_PAYLOAD_MAX];
			struct rte_mbuf *mbuf = sealed(&pair, payload, &random, frame);
			const struct esp_headers *headers =
				rte_pktmbuf_mtod(mbuf, const struct esp_headers *);
			uint32_t inner = payload + 8u + (options.mode == ESP_TUNNEL ? 20 : 0);

			assert_int_equal(mbuf->pkt_len, ESP_HEADERS_BYTES + ESP_TAG_BYTES +
								esp_padded_bytes(inner));
			assert_int_equal(rte_be_to_cpu_16(headers->ip.total_length) + 14,
					 mbuf->pkt_len);
			assert_int_equal(rte_raw_cksum(&headers->ip, 20), 0xffff);
			assert_int_equal(headers->esp.spi, rte_cpu_to_be_32(4097));
			assert_int_equal(rte_be_to_cpu_32(headers->esp.seq), pair.sealed.sealed);
			assert_int_equal(ipsec_sa_open_frames(pair.opens, &mbuf, 1, &pair.opened),
					 1);
			assert_int_equal(mbuf->data_len, UDP_HEADERS_BYTES + payload);
			assert_memory_equal(rte_pktmbuf_mtod(mbuf, const void *), frame,
					    mbuf->data_len);
			rte_pktmbuf_free(mbuf);
		}
		assert_int_equal(pair.opened.opened, pair.sealed.sealed);
		pair_close(&pair);
	}
}

/* For each kind: spoil() has copies of a good frame dropped, which itself still opens afterwards. */
static void
on_each_kind(void (*spoil)(struct pair *pair, const struct rte_mbuf *good))
{
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const struct esp_options options = options_of(kind);
		struct random_state random = {kind};
		_Alignas(2) uint8_t frame[200];
		struct rte_mbuf *good;
		struct pair pair;

		pair_open(&pair, &options, 0);
		good = sealed(&pair, 50, &random, frame);
		spoil(&pair, good);
		assert_true(opens(&pair, good));
		pair_close(&pair);
	}
}

/* Every byte that is authenticated counts, and so does every one of the tag. */
static void
damage(struct pair *pair, const struct rte_mbuf *good)
{
	uint32_t n = 0;

	/* Behind the SPI and the number, which other counters know. */
	for (uint16_t at = 42; at < good->data_len; at++, n++) {
		struct rte_mbuf *bad = copy_of(good);

		rte_pktmbuf_mtod(bad, uint8_t *)[at] ^= (uint8_t)(1 << at % 8);
		assert_false(opens(pair, bad));
		assert_int_equal(pair->opened.damaged, n + 1);
	}
}

static void
damage_is_dropped(void **state)
{
	(void)state;
	on_each_kind(damage);
}

static void
readdress_and_cut(struct pair *pair, const struct rte_mbuf *good)
{
	struct rte_mbuf *bad = copy_of(good);
	uint32_t n = 0;

	rte_pktmbuf_mtod(bad, struct esp_headers *)->esp.spi = rte_cpu_to_be_32(4098);
	assert_false(opens(pair, bad));
	assert_int_equal(pair->opened.wrong_spi, 1);
	for (uint16_t left = ESP_OUTER_BYTES; left < good->data_len; left++, n++) {
		bad = copy_of(good);
		rte_pktmbuf_trim(bad, bad->data_len - left);
		assert_false(opens(pair, bad));
		assert_int_equal(pair->opened.truncated, n + 1);
	}
	/* With a length that agrees only the tag can tell, or the alignment. */
	for (uint16_t less = 1; less < 40; less++) {
		bad = copy_of(good);
		rte_pktmbuf_mtod(bad, struct esp_headers *)->ip.total_length =
			rte_cpu_to_be_16((uint16_t)(bad->data_len - 14 - less));
		assert_false(opens(pair, bad));
	}
	assert_int_equal(pair->opened.truncated + pair->opened.damaged, n + 39);
}

static void
others_and_cut_ones_are_dropped(void **state)
{
	(void)state;
	on_each_kind(readdress_and_cut);
}

/* The library wants room for the AAD behind the frame. */
static void
take_room(struct pair *pair, const struct rte_mbuf *good)
{
	struct rte_mbuf *bad = copy_of(good);

	bad->buf_len = (uint16_t)(bad->data_off + bad->data_len);
	assert_false(opens(pair, bad));
	assert_int_equal(pair->opened.unopened, 1);
	assert_int_equal(pair->opened.replayed, 0);
	/* It is in its pool again, and whole for who gets it next. */
	bad->buf_len = good->buf_len;
}

static void
what_has_no_room_to_open_is_dropped(void **state)
{
	(void)state;
	on_each_kind(take_room);
}

static void
replays_are_dropped(void **state)
{
	static const uint32_t windows[] = {64, 256, 1024};
	const uint32_t sent = 40;

	(void)state;
	for (unsigned int i = 0; i < 3 * KINDS; i++) {
		struct esp_options options = options_of(i % KINDS);
		struct random_state random = {i};
		struct rte_mbuf *kept[40];
		_Alignas(2) uint8_t frame[200];
		struct pair pair;

		options.window = windows[i / KINDS];
		pair_open(&pair, &options, 0);
		for (uint32_t k = 0; k < sent; k++)
			kept[k] = sealed(&pair, 10, &random, frame);
		/* Out of order is allowed, each once. */
		for (uint32_t k = 0; k < sent; k++)
			assert_true(opens(&pair, copy_of(kept[(k * 7 + 3) % sent])));
		for (uint32_t k = 0; k < sent; k++)
			assert_false(opens(&pair, copy_of(kept[k])));
		assert_int_equal(pair.opened.replayed, sent);
		/* New, but left of the window when it comes. */
		struct rte_mbuf *old = sealed(&pair, 10, &random, frame);

		for (uint32_t k = 0; k < options.window + 2; k++)
			assert_true(opens(&pair, sealed(&pair, 10, &random, frame)));
		assert_false(opens(&pair, old));
		/* An extended number that low is taken for one of the next 2^32 (RFC 4303, A2.2). */
		assert_int_equal(pair.opened.damaged, options.esn);
		assert_int_equal(pair.opened.replayed, sent + !options.esn);
		/* Twice in one burst. */
		struct rte_mbuf *twins[2] = {sealed(&pair, 10, &random, frame)};

		twins[1] = copy_of(twins[0]);
		assert_int_equal(ipsec_sa_open_frames(pair.opens, twins, 2, &pair.opened), 1);
		assert_int_equal(pair.opened.replayed, sent + 1 + !options.esn);
		rte_pktmbuf_free(twins[0]);
		rte_pktmbuf_free_bulk(kept, sent);
		assert_int_equal(pair.opened.malformed, 0);
		pair_close(&pair);
	}
}

/* A number of 32 bits is never used twice; one of 64 goes on, and its upper half counts. */
static void
numbers_end_or_extend(void **state)
{
	const uint64_t sent = UINT32_MAX - 5ull;

	(void)state;
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const struct esp_options options = options_of(kind);
		struct random_state random = {kind};
		_Alignas(2) uint8_t frame[200];
		uint32_t came = 0;
		struct pair pair;

		pair_open(&pair, &options, sent);
		for (unsigned int i = 0; i < 12; i++) {
			uint16_t n = esp_datagram(frame, 20, &random);
			struct rte_mbuf *mbuf = esp_mbuf_of(frame, n);

			if (ipsec_sa_seal(pair.seals, &mbuf, 1, &pair.sealed))
				came += opens(&pair, mbuf);
		}
		/* The library leaves the last number out. */
		assert_int_equal(came, options.esn ? 12 : 4);
		assert_int_equal(pair.sealed.unsealed, 12 - came);
		pair_close(&pair);
	}
}

static void
assert_conflict(const struct esp_options *options, const char *option, const char *other,
		const char *found)
{
	struct option_conflict conflict;

	assert_true(esp_options_conflict(options, &conflict));
	assert_string_equal(conflict.option, option);
	assert_true(other ? conflict.other && !strcmp(conflict.other, other) : !conflict.other);
	assert_non_null(strstr(conflict.why, found));
	assert_null(strstr(conflict.why, "00112233"));
}

static void
bad_options_are_refused(void **state)
{
	struct esp_options options = options_of(0);
	struct option_conflict conflict;

	(void)state;
	assert_false(esp_options_conflict(&options, &conflict));
	options.spi_out = options.spi_in;
	assert_conflict(&options, "esp_spi_out", "esp_spi_in", "found 4097 as esp_spi_in and");
	options = options_of(0);
	strcpy(options.key_in, "00112233445566778899aabbccddeeff0011223");
	assert_conflict(&options, "esp_key_in", NULL, "found 39 hexadecimal digits, allowed: 40 ");
	strcat(options.key_in, "x");
	assert_conflict(&options, "esp_key_in", NULL,
			"found 39 hexadecimal digits and 1 other characters, allowed: 40 ");
	options.key_in[39] = 'F';
	assert_false(esp_options_conflict(&options, &conflict));
	strcpy(options.key_out, "00112233445566778899AABBCCDDEEFF0011223f");
	assert_conflict(&options, "esp_key_out", "esp_key_in", "found one key");
	options.cipher = ESP_AES_256_GCM;
	assert_conflict(&options, "esp_key_in", NULL, "found 40 hexadecimal digits, allowed: 72 ");
	options.key_in[0] = '\0';
	assert_conflict(&options, "esp_key_out", NULL, "found 40 hexadecimal digits, allowed: 72 ");
	/* The known key of the other direction. */
	options.cipher = ESP_AES_128_GCM;
	strcpy(options.key_out, "1112131415161718191a1b1c1d1e1f2021222324");
	assert_conflict(&options, "esp_key_out", "esp_key_in", "found one key");
	strcpy(options.key_in, "00112233445566778899aabbccddeeff0011223F");
	struct esp_spec spec;

	esp_spec_of(&options, true, &spec);
	assert_memory_equal(spec.key, "\x00\x11\x22\x33\x44\x55\x66\x77", 8);
	assert_memory_equal(spec.salt, "\x00\x11\x22\x3f", 4);
}

/* Through the whole datapath; the host encrypts, decrypts and compares. */
static void
lanes_echo(void **state)
{
	static const char *const traffics[] = {"payload:1", "64", "payload:333", "imix"};

	(void)state;
	for (unsigned int i = 0; i < 2 * LANE_KINDS; i++) {
		struct datapath_config config =
			harness_config(i < LANE_KINDS ? 0 : harness_bit("bounce_copy"));

		config.esp = options_of(i % LANE_KINDS);
		esp_expect_echo(&config, traffics[i % 4], "ipsec_echo");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_payload_comes_out),
		cmocka_unit_test(damage_is_dropped),
		cmocka_unit_test(others_and_cut_ones_are_dropped),
		cmocka_unit_test(what_has_no_room_to_open_is_dropped),
		cmocka_unit_test(replays_are_dropped),
		cmocka_unit_test(numbers_end_or_extend),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(lanes_echo),
	};

	return cmocka_run_group_tests(tests, esp_start, harness_stop);
}
