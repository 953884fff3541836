/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/config/node.h"
#include "runner/config/yaml_tree.h"

/* libyaml has no line for bytes that are not UTF-8, only their offset. */
static size_t
problem_line(const yaml_parser_t *parser, const char *bytes, size_t size)
{
	size_t line = 0;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line;
	for (size_t i = 0; i < size && i < parser->problem_offset; i++)
		line += bytes[i] == '\n';
	return line;
}

static int
refuse_syntax(const struct yaml_origin *origin, const yaml_parser_t *parser, const char *bytes,
	      size_t size)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return yaml_refuse(origin, problem_line(parser, bytes, size),
			   "found what is not YAML: %s%s%s, allowed: YAML",
			   parser->problem ? parser->problem : "it cannot be read",
			   parser->context ? " " : "", parser->context ? parser->context : "");
}

/* Refuses a second document behind the one that was loaded. */
static int
expect_end(const struct yaml_origin *origin, yaml_parser_t *parser, const char *bytes, size_t size)
{
	yaml_document_t more;
	yaml_node_t *root;
	size_t line;

	if (!yaml_parser_load(parser, &more))
		return refuse_syntax(origin, parser, bytes, size);
	root = yaml_document_get_root_node(&more);
	line = root ? root->start_mark.line : 0;
	yaml_document_delete(&more);
	if (root)
		return yaml_refuse(origin, line, "found a second document, allowed: one");
	return 0;
}

static int
parse(const struct yaml_origin *origin, const char *bytes, size_t size, struct node **out)
{
	struct node *root = NULL;
	yaml_document_t document;
	yaml_parser_t parser;
	int error;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	if (!yaml_parser_load(&parser, &document)) {
		error = refuse_syntax(origin, &parser, bytes, size);
		goto out_parser;
	}
	if (yaml_document_get_root_node(&document))
		error = yaml_convert(origin, &document, &root);
	else
		error = yaml_refuse(origin, 0, "found nothing, allowed: a YAML document");
	if (!error)
		error = expect_end(origin, &parser, bytes, size);
	if (error)
		node_free(root);
	else
		*out = root;
	yaml_document_delete(&document);
out_parser:
	yaml_parser_delete(&parser);
	return error;
}

/* Reads the whole of fd into YAML_FILE_BYTES_MAX + 1 bytes. */
static int
read_fd(int fd, char *bytes, size_t *size)
{
	while (*size <= YAML_FILE_BYTES_MAX) {
		ssize_t n = read(fd, bytes + *size, YAML_FILE_BYTES_MAX + 1 - *size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		*size += (size_t)n;
	}
	return -EFBIG;
}

static int
read_file(const char *path, char *bytes, size_t *size)
{
	/* O_NONBLOCK: a FIFO without a writer reads as empty rather than never. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return -errno;
	error = read_fd(fd, bytes, size);
	close(fd);
	return error;
}

int
yaml_read_file(const char *path, struct node **root)
{
	struct yaml_origin origin = {.file = path};
	char *bytes = malloc(YAML_FILE_BYTES_MAX + 1);
	size_t size = 0;
	int error;

	if (!bytes)
		return -ENOMEM;
	error = read_file(path, bytes, &size);
	if (error == -EFBIG)
		log_error("%s: found more than 1 MiB, allowed: a YAML file of at most that", path);
	else if (error)
		log_error("%s: cannot be read: %s", path, strerror(-error));
	else
		error = parse(&origin, bytes, size, root);
	free(bytes);
	return error;
}

int
yaml_read_text(const char *name, const char *text, struct node **root)
{
	struct yaml_origin origin = {.file = name};

	return parse(&origin, text, strlen(text), root);
}

int
yaml_read_value(const char *key, const char *text, struct node **value)
{
	struct yaml_origin origin = {.file = "--set", .set_key = key};

	return parse(&origin, text, strlen(text), value);
}
