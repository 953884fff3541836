/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source interrupt: the guest sleeps when it has nothing to do, and is woken by the
 * device's call instead of polling. As a network driver of the kernel's does (NAPI),
 * it polls for as long as there are frames, with calls off.
 *
 *   empty -> calls on -> look again -> epoll on the call's eventfd -> calls off -> poll
 *
 * A device that has used a buffer before it could see that calls are on makes none;
 * so the driver looks again after it has said so, with a full barrier between (the
 * device does the same in the other order: virtio 1.2, 2.7.7 and 2.8.10): one of the
 * two sees the other, and no wake-up is lost.
 *
 * Sleep and wake-up are real. What a hypervisor takes to inject the interrupt is
 * modelled: so many cycles for each wake-up.
 *
 * The host decides when it calls, so a sleep has a longest time, after which the guest
 * looks by itself; and a call for nothing costs one look. In lock-step the host's call
 * has come before the guest waits, or does not come: the system calls are what is left.
 */
#include "datapath/sources/interrupt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "datapath/guest/guest.h"
#include "datapath/sources/source.h"
#include "datapath/sources/spend.h"

#define SECOND_NS 1000000000u

struct interrupt_options {
	uint64_t cost_cycles;
	uint64_t gap_ns;
	uint32_t frames;
	uint64_t timeout_ns;
};

struct interrupt {
	struct interrupt_options options;
	struct spender spender;
	struct virtqueue *ring;
	int call_fd, epoll_fd;
	bool lockstep;
	bool awake;            /* until the next turn */
	bool armed;            /* is about to sleep: */
	bool held;             /* with calls off until next_wake_ns */
	uint64_t next_wake_ns; /* not before this; 0 without a gap */
	uint64_t sleeps, wakes, timeouts, races, holds;
	uint64_t asleep_cycles;
};

static const char *const interrupts_injected[] = {"interrupt.wakes", NULL};

static const struct option_spec options[] = {
	{.name = "cost",
	 .type = OPTION_CYCLES,
	 .offset = offsetof(struct interrupt_options, cost_cycles),
	 .preset = "0 cycles",
	 .max = 1e9,
	 .cost = "interrupt_injection",
	 .events = interrupts_injected,
	 .help = "injection of one interrupt, exits apart (source vc)"},
	{.name = "gap",
	 .type = OPTION_TIME,
	 .offset = offsetof(struct interrupt_options, gap_ns),
	 .preset = "0 us",
	 .max = SECOND_NS,
	 .help = "moderation: least time from one wake-up to the next"},
	{.name = "frames",
	 .type = OPTION_COUNT,
	 .offset = offsetof(struct interrupt_options, frames),
	 .preset = "1",
	 .min = 1,
	 .max = 256,
	 .help = "moderation: the device calls once so many buffers are used (event_idx: on)"},
	{.name = "timeout",
	 .type = OPTION_TIME,
	 .offset = offsetof(struct interrupt_options, timeout_ns),
	 .preset = "1 ms",
	 .min = 1000,
	 .max = SECOND_NS,
	 .help = "longest sleep; then the guest looks by itself"},
	{0},
};

static const struct counter counters[] = {
	{"sleeps", offsetof(struct interrupt, sleeps), "sleeps", "times that the guest slept"},
	{"wakes", offsetof(struct interrupt, wakes), "interrupts", "sleeps that a call ended"},
	{"timeouts", offsetof(struct interrupt, timeouts), "sleeps", "that no call ended"},
	{"races", offsetof(struct interrupt, races), "times",
	 "that buffers were used while calls were being turned on: no sleep"},
	{"holds", offsetof(struct interrupt, holds), "times",
	 "that calls stayed off for the moderation's gap"},
	{"asleep_cycles", offsetof(struct interrupt, asleep_cycles), "cycles",
	 "between going to sleep and waking up"},
	{0},
};

static const char *
interrupt_conflict(const struct datapath_config *config)
{
	const struct interrupt_options *chosen =
		(const void *)config->sources[source_find("interrupt")].options;

	if (config->device != DEVICE_VHOST_USER)
		return "no other driver than FOLIO's own lets it wait for its calls, allowed: "
		       "device: vhost-user";
	if (config->esp.crypto == ESP_CRYPTO_INLINE)
		return "the crypto thread of esp_crypto inline polls, allowed: esp_crypto: cpu";
	if (config->queues > 1)
		return "a thread that sleeps serves one queue pair, allowed: queues: 1";
	if (config->notify & NOTIFY_CALL)
		return "the driver asks for calls by itself, when it is about to sleep, allowed: "
		       "notify: none or kick";
	if (chosen->frames > 1 && !config->event_idx)
		return "only event indices tell the device to wait for several frames, allowed: "
		       "frames: 1, or event_idx: on";
	if (chosen->frames > config->ring_size)
		return "the ring never holds that many frames, allowed: frames up to ring";
	return NULL;
}

static int
refuse(const char *what)
{
	int error = -errno;

	log_error("source interrupt: %s: %s", what, strerror(-error));
	return error;
}

/* A sleep of no time: also tells whether this kernel has it at all. */
static int
open_epoll(struct interrupt *interrupt)
{
	struct epoll_event event = {.events = EPOLLIN};

	interrupt->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (interrupt->epoll_fd < 0)
		return refuse("epoll");
	if (epoll_ctl(interrupt->epoll_fd, EPOLL_CTL_ADD, interrupt->call_fd, &event) < 0)
		return refuse("epoll on the call's eventfd");
	if (epoll_pwait2(interrupt->epoll_fd, &event, 1, &(struct timespec){0}, NULL) < 0)
		return refuse("epoll_pwait2 (Linux 5.11)");
	return 0;
}

static void
interrupt_close(void *state)
{
	struct interrupt *interrupt = state;

	if (interrupt->epoll_fd >= 0)
		close(interrupt->epoll_fd);
	free(interrupt);
}

static int
interrupt_open(const struct source_env *env, const void *settings, void **state)
{
	const struct interrupt_options *chosen = settings;
	struct virtio_net_queue *queue;
	struct interrupt *interrupt;
	int error;

	if (!env->guest->virtio_net) {
		log_error("source interrupt: the null device calls nobody, allowed: a device with "
			  "a host");
		return -ENOTSUP;
	}
	interrupt = calloc(1, sizeof(*interrupt));
	if (!interrupt)
		return -ENOMEM;
	queue = &env->guest->virtio_net->queues[env->queue];
	interrupt->options = *chosen;
	interrupt->ring = &queue->rx;
	interrupt->call_fd = queue->rx_call_fd;
	interrupt->lockstep = env->lockstep;
	interrupt->awake = true;
	spender_open(&interrupt->spender);
	error = open_epoll(interrupt);
	if (error)
		interrupt_close(interrupt);
	else
		*state = interrupt;
	return error;
}

static void
calls_off(struct interrupt *interrupt)
{
	eventfd_t ignored;

	interrupt->ring->format->ask_calls(interrupt->ring, 0);
	eventfd_read(interrupt->call_fd, &ignored);
	interrupt->armed = interrupt->held = false;
}

static bool
any_used(const struct interrupt *interrupt)
{
	return interrupt->ring->format->any_used(interrupt->ring);
}

/* Calls on, and a look again. */
static bool
calls_on(struct interrupt *interrupt)
{
	interrupt->ring->format->ask_calls(interrupt->ring, (uint16_t)interrupt->options.frames);
	if (!any_used(interrupt))
		return true;
	calls_off(interrupt);
	interrupt->races++;
	return false;
}

static int
interrupt_attach(void *state)
{
	struct interrupt *interrupt = state;

	calls_off(interrupt);
	interrupt->awake = false;
	return 0;
}

void
interrupt_stay_awake(struct interrupt *interrupt)
{
	calls_off(interrupt);
	interrupt->awake = true;
}

uint64_t
interrupt_asleep_cycles(const struct interrupt *interrupt)
{
	return interrupt->asleep_cycles;
}

bool
interrupt_armed(const struct interrupt *interrupt)
{
	return interrupt->armed;
}

bool
interrupt_arm(struct interrupt *interrupt)
{
	if (interrupt->awake || any_used(interrupt))
		return false;
	if (interrupt->next_wake_ns && clock_monotonic_ns() < interrupt->next_wake_ns) {
		interrupt->holds++;
		interrupt->held = true;
		/* In lock-step nothing comes while the guest sleeps: it goes on without. */
		interrupt->armed = !interrupt->lockstep;
		return interrupt->armed;
	}
	interrupt->armed = calls_on(interrupt);
	return interrupt->armed;
}

/* In lock-step nobody sleeps: what it takes to ask is the guest's work. */
static bool
sleep_for(struct interrupt *interrupt, uint64_t ns)
{
	const struct timespec timeout = {.tv_sec = (time_t)(ns / SECOND_NS),
					 .tv_nsec = (long)(ns % SECOND_NS)};
	struct epoll_event event;
	uint64_t start = clock_tsc();
	bool called = epoll_pwait2(interrupt->epoll_fd, &event, 1, &timeout, NULL) > 0;

	if (!interrupt->lockstep)
		interrupt->asleep_cycles += clock_tsc() - start;
	return called;
}

/* The call that moderation has held back is due: frames that came meanwhile are what it is for. */
static bool
sleep_out_gap(struct interrupt *interrupt)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns < interrupt->next_wake_ns)
		sleep_for(interrupt, interrupt->next_wake_ns - now_ns);
	return any_used(interrupt) || !calls_on(interrupt);
}

bool
interrupt_wait(struct interrupt *interrupt)
{
	bool woken = interrupt->held && sleep_out_gap(interrupt);

	interrupt->sleeps++;
	if (!woken)
		woken = sleep_for(interrupt,
				  interrupt->lockstep ? 0 : interrupt->options.timeout_ns);
	calls_off(interrupt);
	interrupt->wakes += woken;
	interrupt->timeouts += !woken;
	if (woken && interrupt->options.gap_ns)
		interrupt->next_wake_ns = clock_monotonic_ns() + interrupt->options.gap_ns;
	return woken;
}

static void
inject(void *state)
{
	const struct interrupt *interrupt = state;

	spend(&interrupt->spender, interrupt->options.cost_cycles);
}

const struct source source_interrupt = {
	.name = "interrupt",
	.help = "sleep and wake by the device's call instead of polling",
	.acts_at = "idle",
	.fidelity = FIDELITY_REAL | FIDELITY_MODELLED,
	.options = options,
	.counters = counters,
	.conflict = interrupt_conflict,
	.open = interrupt_open,
	.close = interrupt_close,
	.attach = interrupt_attach,
	.at = {[POINT_INTERRUPT] = inject},
};
