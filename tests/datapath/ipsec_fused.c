/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copy mode fused: the cipher takes each byte of shared memory for one value, at every
 * length; what librte_ipsec seals it opens and the other way round; what is damaged,
 * replayed, cut or of another association is dropped, counted by its name and wiped.
 */
#include "esp_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/random.h"
#include "datapath/host/udp_frame.h"
#include "datapath/ipsec/esp_fused.h"
#include "datapath/ipsec/ipsec_ends.h"
#include "datapath/ipsec/single_read.h"
#include "datapath/workloads/workload.h"

#define BUFFER_BYTES 2048u
#define TRIED_BYTES_MAX 1500u
#define KINDS 8u

static struct single_read found;

static aes_gcm_enc_dec_t encrypt_once, decrypt_once;
static uint8_t ignored_out[BUFFER_BYTES], ignored_tag[ESP_TAG_BYTES];

/* A cipher that reads its input for the tag, and once more to decrypt it. */
static void
decrypt_twice(const struct gcm_key_data *key, struct gcm_context_data *context, uint8_t *out,
	      const uint8_t *in, uint64_t bytes, const uint8_t *iv, const uint8_t *aad,
	      uint64_t aad_bytes, uint8_t *tag, uint64_t tag_bytes)
{
	decrypt_once(key, context, ignored_out, in, bytes, iv, aad, aad_bytes, tag, tag_bytes);
	decrypt_once(key, context, out, in, bytes, iv, aad, aad_bytes, ignored_tag, tag_bytes);
}

/* One whose tag is that of what it finds in its output. */
static void
encrypt_and_read_back(const struct gcm_key_data *key, struct gcm_context_data *context,
		      uint8_t *out, const uint8_t *in, uint64_t bytes, const uint8_t *iv,
		      const uint8_t *aad, uint64_t aad_bytes, uint8_t *tag, uint64_t tag_bytes)
{
	encrypt_once(key, context, out, in, bytes, iv, aad, aad_bytes, ignored_tag, tag_bytes);
	decrypt_once(key, context, ignored_out, out, bytes, iv, aad, aad_bytes, tag, tag_bytes);
}

static void
second_reads_are_seen(void **state)
{
	static const uint8_t key[16] = "sixteen bytes..";
	struct gcm gcm;

	(void)state;
	assert_int_equal(gcm_open(&gcm, key, sizeof(key)), 0);
	encrypt_once = gcm.encrypt;
	decrypt_once = gcm.decrypt;
	gcm.encrypt = encrypt_and_read_back;
	gcm.decrypt = decrypt_twice;
	assert_int_equal(single_read_try(&gcm, 200, 1, &found), 0);
	for (uint32_t n = 1; n <= 200; n++)
		assert_false(found.decrypts[n] || found.encrypts[n]);
	gcm_close(&gcm);
}

static void
use(struct gcm *gcm, void (*code)(IMB_MGR *manager), uint32_t key_bytes)
{
	if (code)
		code(gcm->manager);
	gcm->encrypt = key_bytes == 16 ? gcm->manager->gcm128_enc : gcm->manager->gcm256_enc;
	gcm->decrypt = key_bytes == 16 ? gcm->manager->gcm128_dec : gcm->manager->gcm256_dec;
}

static bool
can_run(uint64_t features)
{
	IMB_MGR *manager = alloc_mb_mgr(0);
	bool can;

	assert_non_null(manager);
	can = (manager->features & features) == features;
	free_mb_mgr(manager);
	return can;
}

/*
 * The library as it is installed, on this CPU: each of its codes that runs here. What
 * does not hold is what fused mode copies first.
 */
static void
each_length_is_read_once(void **state)
{
	static const uint8_t key[32] = "thirty-two bytes, or the first ";
	static const struct {
		const char *name;
		void (*code)(IMB_MGR *manager);
		uint64_t features;
	} codes[] = {{"SSE", init_mb_mgr_sse, IMB_CPUFLAGS_SSE},
		     {"AVX", init_mb_mgr_avx, IMB_CPUFLAGS_AVX},
		     {"AVX2", init_mb_mgr_avx2, IMB_CPUFLAGS_AVX2},
		     {"AVX512", init_mb_mgr_avx512, IMB_CPUFLAGS_AVX512}};

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		uint32_t key_bytes = i % 2 ? 32 : 16, decrypts = 0, encrypts = 0;
		/* 7 leaves no residue out. The one that folio uses here goes length by length. */
		bool is_last = i / 2 == 3 || !can_run(codes[i / 2 + 1].features);
		uint32_t step = is_last ? 1 : 7, tried = TRIED_BYTES_MAX / step + 1;
		struct gcm gcm;

		if (!can_run(codes[i / 2].features))
			continue;
		assert_int_equal(gcm_open(&gcm, key, key_bytes), 0);
		use(&gcm, codes[i / 2].code, key_bytes);
		if (key_bytes == 16)
			IMB_AES128_GCM_PRE(gcm.manager, key, gcm.key);
		else
			IMB_AES256_GCM_PRE(gcm.manager, key, gcm.key);
		assert_int_equal(single_read_try(&gcm, TRIED_BYTES_MAX, step, &found), 0);
		gcm_close(&gcm);
		for (uint32_t n = 0; n <= TRIED_BYTES_MAX; n++) {
			decrypts += found.decrypts[n];
			encrypts += found.encrypts[n];
		}
		print_message("%s, AES-%u: of %u lengths %u are read once, %u written and not read "
			      "back; %u accesses\n",
			      codes[i / 2].name, 8 * key_bytes, tried, decrypts, encrypts,
			      found.watched);
		/* No access is of more than 64 B, so that many at least have been seen. */
		assert_true(found.watched > tried * (TRIED_BYTES_MAX / 64));
		assert_true(found.decrypts[0] && found.encrypts[0]);
	}
}

/* The guest, fused, and its peer by librte_ipsec. */
struct pair {
	struct esp_fused *guest;
	struct ipsec_ends peer;
	const struct esp_fused_counters *counters;
	_Alignas(2) uint8_t shared[BUFFER_BYTES], private[BUFFER_BYTES + 64];
};

static void
pair_open(struct pair *pair, unsigned int kind)
{
	const struct esp_options options = esp_kind(kind);
	struct esp_spec in, out;

	memset(pair, 0, sizeof(*pair));
	esp_spec_of(&options, true, &in);
	esp_spec_of(&options, false, &out);
	/* Some numbers fill 32 bits in the middle of a test, and go on where they may. */
	in.sent = out.sent = options.esn ? UINT32_MAX - 40ull : 0;
	assert_int_equal(esp_fused_open(&in, &out, true, &pair->guest), 0);
	assert_int_equal(ipsec_sa_open(&in, true, ESP_CRYPTO_CPU, &pair->peer.out), 0);
	assert_int_equal(ipsec_sa_open(&out, false, ESP_CRYPTO_CPU, &pair->peer.in), 0);
	pair->counters = esp_fused_counted(pair->guest);
}

static void
pair_close(struct pair *pair)
{
	esp_fused_close(pair->guest);
	ipsec_ends_close(&pair->peer);
	esp_expect_all_back();
}

/* In shared memory. Returns its length. */
static uint16_t
sealed_by_peer(struct pair *pair, const uint8_t *frame, uint16_t n)
{
	struct rte_mbuf *mbuf = esp_mbuf_of(frame, n);
	uint16_t bytes;

	assert_int_equal(ipsec_sa_seal(pair->peer.out, &mbuf, 1, &pair->peer.counters), 1);
	bytes = mbuf->data_len;
	memcpy(pair->shared, rte_pktmbuf_mtod(mbuf, const void *), bytes);
	rte_pktmbuf_free(mbuf);
	return bytes;
}

static void
opened_by_peer(struct pair *pair, const uint8_t *frame, uint16_t n, uint16_t sealed)
{
	struct rte_mbuf *mbuf = esp_mbuf_of(pair->shared, sealed);

	assert_int_equal(ipsec_sa_open_frames(pair->peer.in, &mbuf, 1, &pair->peer.counters), 1);
	assert_int_equal(mbuf->data_len, n);
	/* A tunnel's end puts an Ethernet header of its own in front. */
	assert_memory_equal(rte_pktmbuf_mtod_offset(mbuf, const void *, 14), frame + 14, n - 14);
	rte_pktmbuf_free(mbuf);
}

static void
both_implementations_agree(void **state)
{
	static struct pair pair;

	(void)state;
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		struct random_state random = {kind};
		uint64_t n_frames = 0;

		pair_open(&pair, kind);
		for (uint16_t payload = 1; payload <= ESP_PAYLOAD_MAX;
		     payload += payload < 80 ? 1 : 7) {
			_Alignas(2) uint8_t frame[UDP_HEADERS_BYTES + ESP_PAYLOAD_MAX + 64];
			uint16_t n = esp_datagram(frame, payload, &random), sealed, expected;

			sealed = sealed_by_peer(&pair, frame, n);
			assert_int_equal(esp_fused_receive(pair.guest, pair.shared, sealed,
							   pair.private),
					 n);
			assert_memory_equal(pair.private, frame, n);
			memset(pair.shared, 0xaa, sizeof(pair.shared));
			expected = esp_fused_bytes(pair.guest, pair.private, n, 64, BUFFER_BYTES);
			assert_int_equal(expected, sealed);
			esp_fused_send(pair.guest, pair.private, n, pair.shared);
			for (uint32_t at = sealed; at < BUFFER_BYTES; at++)
				assert_int_equal(pair.shared[at], 0xaa);
			opened_by_peer(&pair, frame, n, sealed);
			n_frames++;
		}
		assert_int_equal(pair.counters->esp.opened, n_frames);
		assert_int_equal(pair.counters->esp.sealed, n_frames);
		pair_close(&pair);
	}
}

/* Where a dropped frame would have been decrypted to there is none of it. */
static void
refused(struct pair *pair, uint32_t bytes, const uint8_t *frame, uint16_t n)
{
	memset(pair->private, 0x55, sizeof(pair->private));
	assert_int_equal(esp_fused_receive(pair->guest, pair->shared, bytes, pair->private), 0);
	assert_null(memmem(pair->private, sizeof(pair->private), frame + UDP_HEADERS_BYTES, 8));
	assert_null(memmem(pair->private, sizeof(pair->private), frame + n - 8, 8));
}

static void
what_is_wrong_is_dropped(void **state)
{
	static struct pair pair;

	(void)state;
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		struct random_state random = {kind};
		const struct esp_counters *esp;
		_Alignas(2) uint8_t frame[200], good[200];
		uint16_t n, bytes;
		uint32_t damaged = 0, cut = 0;

		pair_open(&pair, kind);
		esp = &pair.counters->esp;
		n = esp_datagram(frame, 50, &random);
		bytes = sealed_by_peer(&pair, frame, n);
		memcpy(good, pair.shared, bytes);
		for (uint16_t at = 42; at < bytes; at++) {
			pair.shared[at] ^= (uint8_t)(1 << at % 8);
			refused(&pair, bytes, frame, n);
			assert_int_equal(esp->damaged, ++damaged);
			pair.shared[at] = good[at];
		}
		for (uint16_t left = ESP_OUTER_BYTES; left < bytes; left++) {
			refused(&pair, left, frame, n);
			assert_int_equal(esp->truncated, ++cut);
		}
		((struct esp_headers *)pair.shared)->esp.spi = rte_cpu_to_be_32(4098);
		refused(&pair, bytes, frame, n);
		assert_int_equal(esp->wrong_spi, 1);
		/* In plain: of the same client, to the same server. */
		memcpy(pair.shared, frame, n);
		refused(&pair, n, frame, n);
		assert_int_equal(pair.counters->plain, 1);
		memcpy(pair.shared, good, bytes);
		assert_int_equal(esp_fused_receive(pair.guest, pair.shared, bytes, pair.private),
				 n);
		refused(&pair, bytes, frame, n);
		assert_int_equal(esp->replayed, 1);
		assert_int_equal(esp->opened, 1);
		pair_close(&pair);
	}
}

/* Through the whole datapath, alone and with sources that map and unmap. */
static void
lanes_echo(void **state)
{
	static const char *const traffics[] = {"payload:1", "64", "payload:333", "imix"};
	static const char *const with[] = {NULL, "bounce_alloc", "psc", "iotlb"};

	(void)state;
	for (unsigned int i = 0; i < KINDS; i++) {
		unsigned int on = harness_bit("bounce_copy");

		if (with[i % 4])
			on |= harness_bit(with[i % 4]);
		struct datapath_config config = harness_config(on);

		config.esp = esp_kind(i);
		harness_set(&config, "bounce_copy", "mode", "fused");
		esp_expect_echo(&config, traffics[i % 4], "fused");
	}
}

static void
it_wants_a_workload_of_esp(void **state)
{
	struct datapath_config config = harness_config(harness_bit("bounce_copy"));

	(void)state;
	harness_set(&config, "bounce_copy", "mode", "fused");
	assert_non_null(workload_conflict(workload_find("udp_echo"), &config));
	assert_null(workload_conflict(workload_find("ipsec_echo"), &config));
	config.esp.crypto = ESP_CRYPTO_LOOK_ASIDE;
	assert_non_null(workload_conflict(workload_find("ipsec_echo"), &config));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_reads_are_seen),
		cmocka_unit_test(each_length_is_read_once),
		cmocka_unit_test(both_implementations_agree),
		cmocka_unit_test(what_is_wrong_is_dropped),
		cmocka_unit_test(lanes_echo),
		cmocka_unit_test(it_wants_a_workload_of_esp),
	};

	return cmocka_run_group_tests(tests, esp_start, harness_stop);
}
