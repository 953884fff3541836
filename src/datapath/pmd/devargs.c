/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/pmd/devargs.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include <rte_kvargs.h>

#include "base/log.h"
#include "base/names.h"
#include "datapath/draft.h"
#include "datapath/sources/bounce_copy.h"

static const char *const copy_modes[] = {
	[COPY_NONE] = "none",   [COPY_SHADOW] = "shadow", [COPY_HEADER] = "header",
	[COPY_FUSED] = "fused", [COPY_MODES] = NULL,
};

static const char *const no_or_yes[] = {"0", "1", NULL};

static const struct option_spec own_options[] = {
	{.name = "path",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct devargs, path),
	 .help = "vhost-user socket"},
	{.name = "server",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct devargs, server),
	 .preset = "1",
	 .choices = no_or_yes,
	 .help = "1: listen on the socket; 0: dial a backend that does"},
	{.name = "copy",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct devargs, copy),
	 .preset = "shadow",
	 .choices = copy_modes,
	 .help = "what is copied between shared and private memory, unless bounce_copy says it"},
	{.name = "mac",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct devargs, mac_text),
	 .help = "address of the port; default: one at random"},
	{0},
};

struct reader {
	struct rte_kvargs *pairs;
	struct devargs *args;
	struct draft draft;
};

static int
refuse_key(const char *key)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};

	names_add_options(&names, own_options);
	names_add_options(&names, datapath_options);
	names_add_sources(&names);
	log_error("net_folio: %.60s: found a key that is not known, allowed: SOURCE.OPTION, %s",
		  key, names_allowed(&names, key, allowed, sizeof(allowed)));
	return -EINVAL;
}

static int
refuse_source_option(const char *key, int source)
{
	char allowed[NAMES_TEXT_BYTES];
	struct names names = {0};
	const char *name = strchr(key, '.') + 1;

	names_add_options(&names, sources[source]->options);
	log_error("net_folio: %.60s: found no option '%.60s' of %s, allowed: %s", key, name,
		  sources[source]->name, names_allowed(&names, name, allowed, sizeof(allowed)));
	return -EINVAL;
}

static bool
is_given(const struct reader *reader, const char *key)
{
	return rte_kvargs_count(reader->pairs, key) > 0;
}

static int
read_pair(const char *key, const char *value, void *arg)
{
	struct reader *reader = arg;
	const struct option_spec *option = options_find(own_options, key);
	void *target = reader->args;
	struct setting setting;
	char why[512];

	if (rte_kvargs_count(reader->pairs, key) > 1) {
		log_error("net_folio: %.60s: found it %u times, allowed: once", key,
			  rte_kvargs_count(reader->pairs, key));
		return -EINVAL;
	}
	if (!option && setting_of_name(key, &setting))
		return setting.source < 0 ? refuse_key(key) :
					    refuse_source_option(key, setting.source);
	if (!option) {
		option = setting_option(&setting);
		target = draft_target(&reader->draft, &setting);
	}
	if (!option_parse(option, target, value ? value : "", why, sizeof(why)))
		return 0;
	log_error("net_folio: %s: %s", key, why);
	return -EINVAL;
}

static int
check_path(const char *path)
{
	const size_t longest = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	size_t length = strlen(path);

	if (length && length <= longest)
		return 0;
	log_error("net_folio: path: found %s, allowed: path=SOCKET, at most %zu bytes",
		  length ? "a longer one" : "none", longest);
	return -EINVAL;
}

static int
set_mac(struct devargs *args)
{
	if (!*args->mac_text) {
		rte_eth_random_addr(args->mac.addr_bytes);
		return 0;
	}
	if (!rte_ether_unformat_addr(args->mac_text, &args->mac) &&
	    rte_is_valid_assigned_ether_addr(&args->mac))
		return 0;
	log_error("net_folio: mac: found '%.60s', allowed: the address of one station, such as "
		  "02:00:00:00:00:01",
		  args->mac_text);
	return -EINVAL;
}

/* `copy` is a short name for the source bounce_copy and its mode: only one of the two can be meant. */
static int
check_copy(const struct reader *reader)
{
	bool on = is_given(reader, "bounce_copy"), mode = is_given(reader, "bounce_copy.mode");

	if (is_given(reader, "copy") && (on || mode)) {
		log_error("net_folio: copy: found %s as well, allowed: one of the two, for copy is "
			  "short for bounce_copy and its mode",
			  on ? "bounce_copy" : "bounce_copy.mode");
		return -EINVAL;
	}
	if (mode && !on) {
		log_error("net_folio: bounce_copy.mode: found no bounce_copy=on or off with it, "
			  "allowed: both, or copy=MODE");
		return -EINVAL;
	}
	return 0;
}

static void
set_copy(struct draft *draft, uint32_t copy)
{
	struct setting on, mode;
	char why[512];

	setting_of_name("bounce_copy", &on);
	setting_of_name("bounce_copy.mode", &mode);
	option_parse(setting_option(&on), draft_target(draft, &on),
		     copy == COPY_NONE ? "off" : "on", why, sizeof(why));
	if (copy != COPY_NONE)
		option_parse(setting_option(&mode), draft_target(draft, &mode), copy_modes[copy],
			     why, sizeof(why));
}

/* An application that was promised ESP must not get plain frames instead. */
static int
check_esp(const struct reader *reader)
{
	const struct datapath_config *config = &reader->draft.config;

	if (bounce_copy_mode(config) == COPY_FUSED) {
		if (config->esp.crypto == ESP_CRYPTO_CPU || config->esp.crypto == ESP_CRYPTO_DIRECT)
			return 0;
		log_error("net_folio: esp_crypto: found '%s', but copy=fused calls the cipher "
			  "itself, allowed: cpu, direct",
			  esp_crypto_names[config->esp.crypto]);
		return -EINVAL;
	}
	for (const struct option_spec *option = datapath_options; option->name; option++) {
		if (strncmp(option->name, "esp_", 4) != 0 || !is_given(reader, option->name))
			continue;
		log_error("net_folio: %s: found without copy=fused, and no other mode encrypts, "
			  "allowed: copy=fused",
			  option->name);
		return -EINVAL;
	}
	return 0;
}

static int
read_pairs(const char *text, struct reader *reader)
{
	int error;

	reader->pairs = rte_kvargs_parse(text, NULL);
	if (!reader->pairs) {
		log_error("net_folio: found '%.120s', allowed: KEY=VALUE,KEY=VALUE", text);
		return -EINVAL;
	}
	error = rte_kvargs_process(reader->pairs, NULL, read_pair, reader) < 0 ? -EINVAL : 0;
	if (!error)
		error = check_copy(reader);
	if (!error && !is_given(reader, "bounce_copy"))
		set_copy(&reader->draft, reader->args->copy);
	if (!error)
		error = check_esp(reader);
	rte_kvargs_free(reader->pairs);
	return error;
}

static int
check_config(const struct draft *draft)
{
	const struct option_spec *device = options_find(datapath_options, "device");
	struct option_conflict conflict;
	char text[OPTION_TEXT_BYTES];
	struct setting cost;
	int beside;

	if (draft->config.device != DEVICE_VHOST_USER) {
		option_format(device, &draft->config, text, sizeof(text));
		log_error("net_folio: device: found '%s', allowed: vhost-user", text);
		return -EINVAL;
	}
	if (draft->config.work_cycles) {
		log_error("net_folio: work: found some, but the application is not folio's, "
			  "allowed: 0cycles");
		return -EINVAL;
	}
	if (datapath_config_option_conflict(&draft->config, &conflict)) {
		log_error("net_folio: %s: %s", conflict.option, conflict.why);
		return -EINVAL;
	}
	if (datapath_config_check(&draft->config))
		return -EINVAL;
	if (datapath_config_through_host_kernel(&draft->config)) {
		log_error("net_folio: host_path: found on, but it acts at a host, not at a port, "
			  "allowed: off");
		return -EINVAL;
	}
	beside = datapath_config_other_workload(&draft->config, "");
	if (beside >= 0) {
		log_error("net_folio: %s: found on, but it takes the place of an application of "
			  "folio's own, allowed: off",
			  sources[beside]->name);
		return -EINVAL;
	}
	if (!draft_missing_cost(draft, &cost))
		return 0;
	log_error("net_folio: %s.%s: found none, and a port has no cost profile, allowed: a cost, "
		  "such as %s.%s=4000cycles",
		  sources[cost.source]->name, cost.option->name, sources[cost.source]->name,
		  cost.option->name);
	return -EINVAL;
}

int
devargs_parse(const char *text, struct devargs *args)
{
	struct reader reader = {.args = args};
	int error;

	memset(args, 0, sizeof(*args));
	options_defaults(own_options, args);
	draft_init(&reader.draft);
	error = read_pairs(text ? text : "", &reader);
	if (error)
		return error;
	args->config = reader.draft.config;
	if (check_path(args->path) || set_mac(args) || check_config(&reader.draft))
		return -EINVAL;
	return 0;
}
