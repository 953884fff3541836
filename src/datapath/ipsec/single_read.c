/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/ipsec/single_read.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "datapath/ipsec/esp_frame.h"

#define WATCHED_BYTES 4096u
/* Where a ciphertext begins in a packet's buffer. */
#define WATCHED_OFFSET (128u + ESP_HEADERS_BYTES)
#define TRAP_FLAG 0x100 /* of x86's EFLAGS: a trap after the next instruction */
#define SECONDS_MAX 60u

_Static_assert(WATCHED_OFFSET + SINGLE_READ_BYTES_MAX <= WATCHED_BYTES, "one page is enough");

/* Of the child; handlers have no argument. */
static uint8_t *watched; /* faults */
static uint8_t *behind;  /* the same memory, always writable */
static uint32_t n_bytes; /* in use */
static uint32_t n_faults, n_traps;
static struct random_state noise;

/* Of the child's own addresses any other fault is a fault. */
static void
let_through(int signal, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	(void)signal;
	if ((uintptr_t)info->si_addr - (uintptr_t)watched >= WATCHED_BYTES)
		_exit(EXIT_FAILURE);
	n_faults++;
	mprotect(watched, WATCHED_BYTES, PROT_READ | PROT_WRITE);
	at->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void
overwrite(void)
{
	for (uint32_t i = 0; i < n_bytes; i += sizeof(uint64_t)) {
		uint64_t bytes = random_next(&noise);

		memcpy(behind + WATCHED_OFFSET + i, &bytes, sizeof(bytes));
	}
}

static void
overwrite_and_close(int signal, siginfo_t *info, void *context)
{
	ucontext_t *at = context;

	(void)signal;
	(void)info;
	n_traps++;
	at->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	overwrite();
	mprotect(watched, WATCHED_BYTES, PROT_NONE);
}

static int
watch(void)
{
	const struct sigaction faults = {.sa_sigaction = let_through, .sa_flags = SA_SIGINFO},
			       traps = {.sa_sigaction = overwrite_and_close,
					.sa_flags = SA_SIGINFO};
	int fd = memfd_create("watched", 0);

	if (fd < 0 || ftruncate(fd, WATCHED_BYTES) < 0)
		return -errno;
	watched = mmap(NULL, WATCHED_BYTES, PROT_NONE, MAP_SHARED, fd, 0);
	behind = mmap(NULL, WATCHED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (watched == MAP_FAILED || behind == MAP_FAILED || sigaction(SIGSEGV, &faults, NULL) ||
	    sigaction(SIGTRAP, &traps, NULL))
		return -errno;
	return 0;
}

struct trial {
	struct gcm_context_data context;
	uint8_t nonce[GCM_NONCE_BYTES], aad[8];
	uint8_t input[SINGLE_READ_BYTES_MAX + 8], output[SINGLE_READ_BYTES_MAX + 8];
	uint8_t other[SINGLE_READ_BYTES_MAX + 8];
	uint8_t tag[ESP_TAG_BYTES], expected[ESP_TAG_BYTES];
};

static void
run(const struct gcm *gcm, aes_gcm_enc_dec_t call, struct trial *t, uint8_t *out, const uint8_t *in,
    uint32_t bytes, uint8_t *tag)
{
	call(gcm->key, &t->context, out, in, bytes, t->nonce, t->aad, sizeof(t->aad), tag,
	     ESP_TAG_BYTES);
}

/* With memory that was touched at all, and was closed again each time. */
static bool
was_watched(uint32_t bytes)
{
	return n_faults == n_traps && (n_faults || !bytes);
}

static bool
decrypts_once(const struct gcm *gcm, struct trial *t, uint32_t bytes)
{
	n_faults = n_traps = 0;
	overwrite();
	run(gcm, gcm->decrypt, t, t->output, watched + WATCHED_OFFSET, bytes, t->tag);
	if (!was_watched(bytes))
		_exit(EXIT_FAILURE);
	/* Zeros decrypt to the key stream, which turns plaintext into what the cipher saw. */
	memset(t->input, 0, bytes);
	run(gcm, gcm->decrypt, t, t->other, t->input, bytes, t->expected);
	for (uint32_t i = 0; i < bytes; i++)
		t->input[i] = t->other[i] ^ t->output[i];
	run(gcm, gcm->decrypt, t, t->other, t->input, bytes, t->expected);
	return !memcmp(t->tag, t->expected, ESP_TAG_BYTES);
}

static bool
encrypts_once(const struct gcm *gcm, struct trial *t, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		t->input[i] = (uint8_t)random_next(&noise);
	n_faults = n_traps = 0;
	run(gcm, gcm->encrypt, t, watched + WATCHED_OFFSET, t->input, bytes, t->tag);
	if (!was_watched(bytes))
		_exit(EXIT_FAILURE);
	run(gcm, gcm->encrypt, t, t->other, t->input, bytes, t->expected);
	return !memcmp(t->tag, t->expected, ESP_TAG_BYTES);
}

static void
try_all(const struct gcm *gcm, uint32_t max_bytes, uint32_t step, struct single_read *found)
{
	static struct trial trial;

	alarm(SECONDS_MAX);
	if (watch())
		_exit(EXIT_FAILURE);
	for (uint32_t bytes = 0; bytes <= max_bytes; bytes += step) {
		n_bytes = bytes;
		found->decrypts[bytes] = decrypts_once(gcm, &trial, bytes);
		found->watched += n_faults;
		found->encrypts[bytes] = encrypts_once(gcm, &trial, bytes);
		found->watched += n_faults;
	}
	_exit(EXIT_SUCCESS);
}

int
single_read_try(const struct gcm *gcm, uint32_t max_bytes, uint32_t step, struct single_read *found)
{
	struct single_read *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, error = 0;
	pid_t child;

	if (shared == MAP_FAILED)
		return -errno;
	child = fork();
	if (!child)
		try_all(gcm, max_bytes, step, shared);
	if (child < 0)
		error = -errno;
	while (!error && waitpid(child, &status, 0) < 0)
		error = errno == EINTR ? 0 : -errno;
	if (!error && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		log_error("reads of shared memory cannot be watched here, byte by byte: no single "
			  "steps after a fault, or no memfd");
		error = -ENOTSUP;
	}
	*found = *shared;
	munmap(shared, sizeof(*shared));
	return error;
}
