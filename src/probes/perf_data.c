/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes/perf_data.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/names.h"

/* Longest text that stands for a reason: "avic_unaccelerated_access", with flags behind it. */
#define REASON_BYTES 96

/* PERF_RECORD_LOST_SAMPLES, too. */
#define LOST "PERF_RECORD_LOST"

/* What follows key in text, or NULL. */
static const char *
after(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	return found ? found + strlen(key) : NULL;
}

/* "12 ", "80000010,", "0x400": a number in that base, and all of it. */
static bool
read_number(const char *text, int base, uint64_t *out)
{
	char *end;

	if (!text || !isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, base);
	return !errno && end != text && (!*end || strchr(" ,)", *end));
}

/* A reason in words, by SVM or VMX: they spell theirs differently. VMX appends its flags. */
static bool
find_reason(const char *words, enum trace_isa *isa, struct trace_record *out)
{
	char first[REASON_BYTES];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(words, " "), words);
	if (exit_code_of_name(EXIT_SPACE_SVM, words, &out->code))
		*isa = TRACE_ISA_SVM;
	else if (exit_code_of_name(EXIT_SPACE_VMX, first, &out->code))
		*isa = TRACE_ISA_VMX;
	else if (!read_number(words, 0, &out->code))
		return false;
	out->isa = *isa;
	return true;
}

/* "vcpu 0 reason npf rip 0x...": the reason may be of several words ("PF excp"). */
static bool
read_kvm_exit(const char *text, enum trace_isa *isa, struct trace_record *out)
{
	const char *reason = after(text, "reason "), *end = reason ? strstr(reason, " rip ") : NULL;
	char words[REASON_BYTES];

	if (!end)
		return false;
	snprintf(words, sizeof(words), "%.*s", (int)(end - reason), reason);
	return find_reason(words, isa, out);
}

/* "reason KVM_EXIT_IO (2)"; of an error, the number is that: then there is no reason. */
static bool
read_userspace_exit(const char *text, struct trace_record *out)
{
	const char *reason = after(text, "reason "), *number = reason ? strchr(reason, '(') : NULL;

	if (!number || !read_number(number + 1, 10, &out->code))
		return false;
	if (!strncmp(reason, "restart ", 8))
		return exit_code_of_name(EXIT_SPACE_USERSPACE, "KVM_EXIT_INTR", &out->code);
	if (!strncmp(reason, "error ", 6))
		out->code = 0; /* KVM_EXIT_UNKNOWN */
	return true;
}

static bool
read_text(const char *text, enum trace_isa *isa, struct trace_record *out)
{
	uint64_t vcpu_id;

	if (read_number(after(text, "vcpu "), 10, &vcpu_id))
		out->vcpu_id = (uint32_t)vcpu_id;
	switch (out->event) {
	case TRACE_KVM_EXIT:
		return read_kvm_exit(text, isa, out);
	case TRACE_KVM_USERSPACE_EXIT:
		return read_userspace_exit(text, out);
	case TRACE_KVM_FPU:
		out->code = !strcmp(text, "load");
		return true;
	case TRACE_KVM_MMIO:
		out->code = strncmp(text, "mmio unsatisfied", 16) != 0;
		return true;
	case TRACE_KVM_VMGEXIT_ENTER:
	case TRACE_KVM_VMGEXIT_EXIT:
		return read_number(after(text, "exit_reason "), 16, &out->code);
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_ENTER:
	case TRACE_KVM_VMGEXIT_MSR_PROTOCOL_EXIT:
		return read_number(after(text, "ghcb_gpa "), 16, &out->code);
	default:
		return true;
	}
}

/* "group:name: text". Returns the text, or NULL. */
static const char *
find_event(const char *at, uint32_t *event)
{
	for (uint32_t i = 0; i < TRACE_EVENTS_N; i++) {
		const char *group = trace_event_group(i), *name = trace_event_name(i);
		size_t group_bytes = strlen(group), name_bytes = strlen(name);

		if (!strncmp(at, group, group_bytes) && at[group_bytes] == ':' &&
		    !strncmp(at + group_bytes + 1, name, name_bytes) &&
		    at[group_bytes + 1 + name_bytes] == ':') {
			*event = i;
			return at + group_bytes + name_bytes + 2;
		}
	}
	return NULL;
}

/* "18864 22242.819430763:    ". Returns what follows, or NULL. */
static const char *
read_head(const char *line, struct trace_record *out)
{
	unsigned long long seconds;
	unsigned int ns;
	int tid, used = 0;

	if (sscanf(line, "%d %llu.%9u: %n", &tid, &seconds, &ns, &used) != 3 || !used ||
	    seconds > UINT64_MAX / 1000000000 - 1)
		return NULL;
	out->tid = tid;
	out->time_ns = seconds * 1000000000 + ns;
	return line + used;
}

/*
 * "PERF_RECORD_LOST lost 3" in an event's place. An event's own text may hold any words, but stands
 * behind its name and a colon, and perf's line on a record of its own has none.
 */
static bool
read_lost(const char *text, struct trace_record *out)
{
	uint64_t n;

	if (strncmp(text, LOST, strlen(LOST)) || strchr(text, ':'))
		return false;
	*out = trace_record_lost(out->time_ns, read_number(after(text, "lost "), 10, &n) ? n : 1);
	return true;
}

bool
perf_line_read(const char *line, enum trace_isa *isa, struct trace_record *out)
{
	const char *text;

	*out = (struct trace_record){.vcpu_id = TRACE_VCPU_UNKNOWN};
	text = read_head(line, out);
	if (text && read_lost(text, out))
		return true;
	text = text ? find_event(text, &out->event) : NULL;
	if (!text)
		return false;
	if (!read_text(text + strspn(text, " "), isa, out))
		*out = trace_record_lost(out->time_ns, 1);
	return true;
}

/* "probe:folio_vc_enter: (ffffffff81...)": the group may be any. */
static bool
is_event(const char *at, const char *name)
{
	size_t bytes = strlen(name);

	at = strchr(at, ':');
	return at && !strncmp(at + 1, name, bytes) && at[1 + bytes] == ':';
}

bool
perf_mark_line_read(const char *line, const struct trace_marks *marks, struct trace_record *out)
{
	unsigned int cpu;
	char head[64];
	int tid, used = 0;

	*out = (struct trace_record){0};
	if (sscanf(line, "%d [%u] %n", &tid, &cpu, &used) != 2 || !used)
		return false;
	line += used;
	snprintf(head, sizeof(head), "%d %.*s: ", tid, (int)strcspn(line, ":"), line);
	line = strstr(line, ": ");
	if (!line || !read_head(head, out))
		return false;
	line += 2 + strspn(line + 2, " ");
	if (read_lost(line, out))
		return true;
	out->vcpu_id = cpu;
	out->event = is_event(line, marks->begin) ? TRACE_RECORD_MARK_BEGIN : TRACE_RECORD_MARK_END;
	return out->event == TRACE_RECORD_MARK_BEGIN || is_event(line, marks->end);
}

/*
 * perf asks who owns the file unless it is forced, and reads no user's settings. /proc/self/fd/0
 * is the file as it was opened, whatever its name.
 */
static int
child(const struct trace_marks *marks)
{
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	setenv("HOME", "/nonexistent", 1);
	setenv("PERF_CONFIG", "/dev/null", 1);
	execlp("perf", "perf", "script", "--force", "--ns", "-F",
	       marks ? "tid,cpu,time,event,trace" : "tid,time,event,trace", "--show-lost-events",
	       "-i", "/proc/self/fd/0", NULL);
	return errno == ENOENT ? TRACE_FILE_NO_READER : TRACE_FILE_DAMAGED;
}

static int
take_lines(FILE *file, const struct trace_taker *taker)
{
	enum trace_isa isa = TRACE_ISA_UNKNOWN;
	struct trace_record record;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (taker->marks ? perf_mark_line_read(line, taker->marks, &record) :
				   perf_line_read(line, &isa, &record))
			err = taker->take(taker->arg, &record);
	}
	free(line);
	return !err && ferror(file) ? -EIO : err;
}

const struct trace_file_format perf_data_format = {
	.name = "perf.data",
	.magic = "PERFILE2",
	.magic_bytes = 8,
	.reader = "perf script (package linux-perf)",
	.child = child,
	.parent = take_lines,
};
