/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/results/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fidelity.h"
#include "base/log.h"
#include "runner/build.h"

enum field_type { FIELD_TEXT, FIELD_MACHINE_TEXT, FIELD_U32, FIELD_U64, FIELD_DOUBLE };

/* A value of the file: "section": {"key": ...}. */
struct field {
	const char *section, *key;
	size_t offset;
	enum field_type type;
	bool optional; /* files of earlier versions lack it: it is 0 or "" then */
};

#define MANIFEST(type, section, key, member)                                                       \
	{                                                                                          \
		section, key, offsetof(struct manifest, member), type, false                       \
	}

#define LATER(type, section, key, member)                                                          \
	{                                                                                          \
		section, key, offsetof(struct manifest, member), type, true                        \
	}

static const struct field fields[] = {
	MANIFEST(FIELD_TEXT, "folio", "version", tool_version),
	MANIFEST(FIELD_TEXT, "folio", "git_commit", git_commit),
	MANIFEST(FIELD_TEXT, "run", "name", name),
	MANIFEST(FIELD_TEXT, "run", "config_path", config_path),
	MANIFEST(FIELD_TEXT, "run", "config_hash", config_hash),
	MANIFEST(FIELD_TEXT, "run", "topology", topology),
	MANIFEST(FIELD_TEXT, "run", "rate", rate),
	MANIFEST(FIELD_TEXT, "run", "workload", workload),
	MANIFEST(FIELD_TEXT, "run", "reference", reference),
	MANIFEST(FIELD_TEXT, "run", "costs", costs),
	LATER(FIELD_TEXT, "run", "paper", paper),
	MANIFEST(FIELD_TEXT, "run", "status", status),
	MANIFEST(FIELD_TEXT, "run", "started", started),
	MANIFEST(FIELD_TEXT, "run", "finished", finished),
	MANIFEST(FIELD_U64, "measure", "slice_ns", measure.slice_ns),
	MANIFEST(FIELD_U32, "measure", "pairs", measure.pairs),
	MANIFEST(FIELD_U32, "measure", "restarts", measure.restarts),
	LATER(FIELD_U32, "measure", "max_restarts", measure.max_restarts),
	MANIFEST(FIELD_DOUBLE, "measure", "precision", measure.precision),
	MANIFEST(FIELD_U64, "measure", "budget_ns", measure.budget_ns),
	MANIFEST(FIELD_U32, "measure", "seed", measure.seed),
	MANIFEST(FIELD_MACHINE_TEXT, "machine", "host", machine.host),
	MANIFEST(FIELD_MACHINE_TEXT, "machine", "cpu_model", machine.cpu_model),
	MANIFEST(FIELD_U32, "machine", "cores", machine.cores),
	MANIFEST(FIELD_U64, "machine", "tsc_hz", machine.tsc_hz),
	MANIFEST(FIELD_MACHINE_TEXT, "machine", "kernel", machine.kernel),
	MANIFEST(FIELD_MACHINE_TEXT, "machine", "governor", machine.governor),
	MANIFEST(FIELD_MACHINE_TEXT, "machine", "clock_source", machine.clock_source),
	MANIFEST(FIELD_MACHINE_TEXT, "machine", "pmu", machine.pmu),
	MANIFEST(FIELD_U32, "machine", "huge_pages_2mb", machine.huge_pages_2mb),
	MANIFEST(FIELD_U32, "machine", "huge_pages_2mb_free", machine.huge_pages_2mb_free),
	MANIFEST(FIELD_U32, "machine", "huge_pages_1gb", machine.huge_pages_1gb),
	MANIFEST(FIELD_U32, "machine", "huge_pages_1gb_free", machine.huge_pages_1gb_free),
	MANIFEST(FIELD_DOUBLE, "machine", "steal_share", steal_share),
	LATER(FIELD_DOUBLE, "machine", "others_share_before", others_share_before),
	LATER(FIELD_DOUBLE, "machine", "others_share", others_share),
	LATER(FIELD_TEXT, "machine", "sibling", sibling),
	MANIFEST(FIELD_TEXT, "machine", "dpdk_version", dpdk_version),
	MANIFEST(FIELD_TEXT, "machine", "page_kind", page_kind),
	MANIFEST(FIELD_TEXT, "machine", "placement", placement),
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* FNV-1a, 64 bit (Fowler, Noll, Vo): tells configurations apart, and is no seal. */
static uint64_t
fnv1a_64(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

const char *
manifest_config_hash(const char *resolved, char buf[MANIFEST_TEXT_BYTES])
{
	snprintf(buf, MANIFEST_TEXT_BYTES, "fnv1a-64:%016" PRIx64, fnv1a_64(resolved));
	return buf;
}

/* Each rate of a cell once: "10 kpps, 50 kpps". */
static void
format_rates(const struct experiment *experiment, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < experiment->n_cells && used < size; i++) {
		uint64_t rate_pps = experiment->cells[i].rate_pps;
		char text[OPTION_TEXT_BYTES];
		uint32_t before = 0;

		while (experiment->cells[before].rate_pps != rate_pps)
			before++;
		if (before == i)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 option_format(rate_options, &rate_pps, text,
							       sizeof(text)));
	}
}

void
manifest_init(struct manifest *m, const struct experiment *experiment)
{
	*m = (struct manifest){.measure = experiment->measure};
	machine_read(&m->machine);
	snprintf(m->tool_version, sizeof(m->tool_version), "%s", BUILD_VERSION);
	snprintf(m->git_commit, sizeof(m->git_commit), "%s", BUILD_GIT_COMMIT);
	snprintf(m->name, sizeof(m->name), "%s", experiment->name);
	snprintf(m->config_path, sizeof(m->config_path), "%s", experiment->path);
	manifest_config_hash(experiment->resolved, m->config_hash);
	snprintf(m->topology, sizeof(m->topology), "%s", experiment->topology);
	format_rates(experiment, m->rate, sizeof(m->rate));
	snprintf(m->workload, sizeof(m->workload), "%s", experiment->workload);
	snprintf(m->reference, sizeof(m->reference), "%s", experiment->reference);
	snprintf(m->costs, sizeof(m->costs), "%s", experiment->costs);
	snprintf(m->paper, sizeof(m->paper), "%s", experiment->paper);
}

static json_t *
field_to_json(const struct field *field, const struct manifest *manifest)
{
	const char *at = (const char *)manifest + field->offset;
	uint32_t u32;
	uint64_t u64;
	double number;

	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_MACHINE_TEXT:
		return json_string(at);
	case FIELD_U32:
		memcpy(&u32, at, sizeof(u32));
		return json_integer(u32);
	case FIELD_U64:
		memcpy(&u64, at, sizeof(u64));
		return json_integer((json_int_t)u64);
	case FIELD_DOUBLE:
		memcpy(&number, at, sizeof(number));
		return json_real(number);
	}
	return NULL;
}

/* Puts value, which it takes over, under root's section. */
static int
put(json_t *root, const char *section, const char *key, json_t *value)
{
	json_t *object = json_object_get(root, section);

	if (!object && json_object_set_new(root, section, json_object()) == 0)
		object = json_object_get(root, section);
	return json_object_set_new(object, key, value) ? -ENOMEM : 0;
}

int
manifest_write(const struct manifest *manifest, const struct experiment *experiment,
	       const struct folder *folder)
{
	json_t *root = json_object();
	char fidelity[FIDELITY_TEXT_BYTES], *text = NULL;
	int err = root ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < N_FIELDS; i++)
		err = put(root, fields[i].section, fields[i].key,
			  field_to_json(&fields[i], manifest));
	for (uint32_t i = 0; !err && i < experiment->n_configurations; i++) {
		const struct configuration *c = &experiment->configurations[i];

		fidelity_format(datapath_config_fidelity(&c->config), fidelity, sizeof(fidelity));
		err = put(root, "fidelity", c->name, json_string(fidelity));
	}
	if (!err)
		text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	if (!text) {
		log_error("%s/manifest.json: a text is not UTF-8, or memory ran out", folder->path);
		err = -EINVAL;
	} else {
		err = folder_write(folder, "manifest.json", text, strlen(text));
	}
	free(text);
	json_decref(root);
	return err;
}

/* Texts are shown on terminals and put into Markdown and XML. */
static bool
is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* Returns false when the value is not of the field's type or does not fit. */
static bool
field_from_json(const struct field *field, const json_t *value, struct manifest *manifest)
{
	char *at = (char *)manifest + field->offset;
	size_t size = field->type == FIELD_TEXT ? MANIFEST_TEXT_BYTES : MACHINE_TEXT_BYTES;
	json_int_t integer = json_integer_value(value);
	double number = json_number_value(value);

	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_MACHINE_TEXT:
		return json_is_string(value) && is_plain(json_string_value(value)) &&
		       (size_t)snprintf(at, size, "%s", json_string_value(value)) < size;
	case FIELD_U32:
		memcpy(at, &(uint32_t){(uint32_t)integer}, sizeof(uint32_t));
		return json_is_integer(value) && integer >= 0 && integer <= UINT32_MAX;
	case FIELD_U64:
		memcpy(at, &(uint64_t){(uint64_t)integer}, sizeof(uint64_t));
		return json_is_integer(value) && integer >= 0;
	case FIELD_DOUBLE:
		memcpy(at, &number, sizeof(number));
		return json_is_number(value);
	}
	return false;
}

int
manifest_read(struct manifest *manifest, const struct folder *folder)
{
	char path[FOLDER_PATH_BYTES + sizeof("/manifest.json")];
	json_error_t error;
	json_t *root;
	int err = 0, fd;

	snprintf(path, sizeof(path), "%s/manifest.json", folder->path);
	fd = file_open_regular(path);
	if (fd < 0) {
		log_error("%s: cannot read: %s", path, strerror(-fd));
		return fd == -ENOENT ? -EBADMSG : fd;
	}
	root = json_loadfd(fd, JSON_REJECT_DUPLICATES, &error);
	close(fd);
	if (!root) {
		log_error("%s:%d: %s", path, error.line > 0 ? error.line : 1, error.text);
		return -EBADMSG;
	}
	*manifest = (struct manifest){0};
	for (size_t i = 0; !err && i < N_FIELDS; i++) {
		const json_t *section = json_object_get(root, fields[i].section);
		const json_t *value = json_object_get(section, fields[i].key);

		if ((!value && fields[i].optional) || field_from_json(&fields[i], value, manifest))
			continue;
		log_error("%s: damaged: %s.%s is missing or not of its kind", path,
			  fields[i].section, fields[i].key);
		err = -EBADMSG;
	}
	json_decref(root);
	return err;
}
