/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/gcm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void
expand_key(struct gcm *gcm, const uint8_t *key, uint32_t key_bytes)
{
	if (key_bytes == IMB_GCM_128_KEY_LEN) {
		IMB_AES128_GCM_PRE(gcm->manager, key, gcm->key);
		gcm->encrypt = gcm->manager->gcm128_enc;
		gcm->decrypt = gcm->manager->gcm128_dec;
	} else {
		IMB_AES256_GCM_PRE(gcm->manager, key, gcm->key);
		gcm->encrypt = gcm->manager->gcm256_enc;
		gcm->decrypt = gcm->manager->gcm256_dec;
	}
}

int
gcm_open(struct gcm *gcm, const uint8_t *key, uint32_t key_bytes)
{
	IMB_ARCH architecture;

	*gcm = (struct gcm){.manager = alloc_mb_mgr(0)};
	if (!gcm->manager)
		return -ENOMEM;
	init_mb_mgr_auto(gcm->manager, &architecture);
	if (imb_get_errno(gcm->manager)) {
		log_error("intel-ipsec-mb: %s", imb_get_strerror(imb_get_errno(gcm->manager)));
		gcm_close(gcm);
		return -ENOTSUP;
	}
	gcm->key = aligned_alloc(64, (sizeof(*gcm->key) + 63) & ~(size_t)63);
	if (!gcm->key) {
		gcm_close(gcm);
		return -ENOMEM;
	}
	expand_key(gcm, key, key_bytes);
	return 0;
}

void
gcm_close(struct gcm *gcm)
{
	if (gcm->key)
		explicit_bzero(gcm->key, sizeof(*gcm->key));
	free(gcm->key);
	if (gcm->manager)
		free_mb_mgr(gcm->manager);
	*gcm = (struct gcm){0};
}
