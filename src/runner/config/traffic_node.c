/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/traffic_node.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datapath/host/traffic.h"
#include "runner/config/rows.h"

#define ALLOWED "imix, {size: N} or {pcap: FILE}"

static const struct option_spec size_option = {
	.name = "frame_size", .type = OPTION_COUNT, .min = FIXED_BYTES_MIN, .max = FRAME_BYTES_MAX};

int
traffic_node_size(const struct node *node, struct row *row)
{
	uint32_t bytes;

	if (node_option(node, &size_option, &bytes))
		return -EINVAL;
	*row = (struct row){0};
	snprintf(row->text, sizeof(row->text), "%u", bytes);
	snprintf(row->label, sizeof(row->label), "%u", bytes);
	return 0;
}

static const struct option_spec payload_option = {.name = "payload_size",
						  .type = OPTION_COUNT,
						  .min = PAYLOAD_BYTES_MIN,
						  .max = PAYLOAD_BYTES_MAX};

int
traffic_node_payload(const struct node *node, struct row *row)
{
	uint32_t bytes;

	if (node_option(node, &payload_option, &bytes))
		return -EINVAL;
	*row = (struct row){0};
	snprintf(row->text, sizeof(row->text), TRAFFIC_PAYLOAD "%u", bytes);
	snprintf(row->label, sizeof(row->label), TRAFFIC_PAYLOAD "%u", bytes);
	return 0;
}

/* The last part of the path, which tables show. */
static int
set_label(const struct node *pcap, const char *path, struct row *row)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (!*name || strlen(name) >= sizeof(row->label))
		return node_refuse(pcap, "found '%.60s', allowed: a file name of at most %zu bytes",
				   name, sizeof(row->label) - 1);
	snprintf(row->label, sizeof(row->label), "%s", name);
	return 0;
}

static int
check_file(const char *path)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat))
		error = -errno;
	else if (S_ISDIR(stat.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(stat.st_mode))
		error = -EINVAL;
	close(fd);
	return error;
}

/* As the file's folder sees it, or the present one for --set. */
static int
join_path(const struct node *pcap, char *path, size_t size)
{
	const char *slash = strrchr(pcap->file, '/');
	bool beside_file = pcap->line && *pcap->text != '/' && slash;
	int folder = beside_file ? (int)(slash + 1 - pcap->file) : 0;
	int n = snprintf(path, size, "%.*s%s", folder, pcap->file, pcap->text);

	return n < (int)size ? 0 : -ENAMETOOLONG;
}

/* Absolute, without "..". A link in the last place stays: its name is the label. */
static int
make_absolute(const char *path, char absolute[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char folder[PATH_MAX];
	size_t used;
	int n;

	snprintf(folder, sizeof(folder), "%.*s", (int)(name - path), path);
	if (!realpath(*folder ? folder : ".", absolute))
		return -errno;
	used = strlen(absolute);
	n = snprintf(absolute + used, PATH_MAX - used, "%s%s", used > 1 ? "/" : "", name);
	return n < (int)(PATH_MAX - used) ? 0 : -ENAMETOOLONG;
}

static int
find_file(const struct node *pcap, char absolute[PATH_MAX])
{
	char path[PATH_MAX];
	int error = join_path(pcap, path, sizeof(path));

	if (!error)
		error = make_absolute(path, absolute);
	if (!error)
		error = check_file(absolute);
	if (error)
		return node_refuse(pcap,
				   "found '%.200s' (%s), allowed: a capture file that can be read",
				   path, strerror(-error));
	return 0;
}

static int
read_pcap(struct node *pcap, struct row *row)
{
	char path[PATH_MAX];

	if (node_expect(pcap, NODE_SCALAR, "a file name") || find_file(pcap, path) ||
	    set_label(pcap, path, row))
		return -EINVAL;
	if (snprintf(row->text, sizeof(row->text), "pcap:%s", path) >= (int)sizeof(row->text))
		return node_refuse(pcap, "found a path of %zu bytes, allowed: at most %zu",
				   strlen(path), sizeof(row->text) - sizeof("pcap:"));
	return node_set_text(pcap, path);
}

static int
is_imix(const struct node *node, struct row *row)
{
	if (node->kind != NODE_SCALAR || strcmp(node->text, "imix"))
		return 0;
	strcpy(row->text, "imix");
	strcpy(row->label, "imix");
	return 1;
}

/* The one item of {size: N} or {pcap: FILE}. */
static int
find_item(const struct node *node, struct node **item)
{
	struct names keys = {0};

	names_add(&keys, "size");
	names_add(&keys, "pcap");
	if (node->kind != NODE_MAPPING || node->n_items != 1)
		return node_refuse_found(node, ALLOWED);
	*item = node->items[0];
	return node_expect_keys(node, &keys);
}

int
traffic_node_read(struct node *node, struct row *row)
{
	struct node *item;

	*row = (struct row){0};
	if (is_imix(node, row))
		return 0;
	if (find_item(node, &item))
		return -EINVAL;
	return strcmp(item->key, "size") ? read_pcap(item, row) : traffic_node_size(item, row);
}

int
traffic_node_label(const struct node *node, struct row *row)
{
	struct node *item;

	*row = (struct row){0};
	if (node->kind == NODE_SCALAR)
		return *node->text ? set_label(node, node->text, row) :
				     node_refuse_found(node, ALLOWED);
	if (find_item(node, &item))
		return -EINVAL;
	if (!strcmp(item->key, "size"))
		return traffic_node_size(item, row);
	return node_expect(item, NODE_SCALAR, "a file name") ? -EINVAL :
							       set_label(item, item->text, row);
}
