/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thing that `folio doctor` looks at. Adding one costs a probe function and
 * a line of the table in cmd_doctor.c.
 */
#ifndef FOLIO_RUNNER_DOCTOR_H
#define FOLIO_RUNNER_DOCTOR_H

#define FINDING_TEXT_BYTES 160

enum verdict {
	VERDICT_OK,
	VERDICT_LIMITED, /* works, with less precision, speed or scope */
	VERDICT_MISSING,
};

struct finding {
	enum verdict verdict;
	char detail[FINDING_TEXT_BYTES];
	char get_it[FINDING_TEXT_BYTES]; /* how to get what is not ok; "" where there is no way */
};

/* Fills in what it found, with nothing to get. */
void finding_set(struct finding *finding, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_get_it(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The probes; each leaves the machine as it was. */
void doctor_tsc(struct finding *finding);
void doctor_cores(struct finding *finding);
void doctor_steal(struct finding *finding);
void doctor_governor(struct finding *finding);
void doctor_aes(struct finding *finding);

void doctor_memory(struct finding *finding);
void doctor_shared_memory(struct finding *finding);
void doctor_huge_pages(struct finding *finding);
void doctor_memlock(struct finding *finding);

void doctor_kvm(struct finding *finding);
void doctor_private_memory(struct finding *finding);
void doctor_bpf(struct finding *finding);
void doctor_pmu(struct finding *finding);
void doctor_namespaces(struct finding *finding);
void doctor_tap(struct finding *finding);

void doctor_dpdk(struct finding *finding);
void doctor_matplotlib(struct finding *finding);

#endif
