/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/config/node_write.h"

#include <ctype.h>
#include <string.h>

/* What no YAML reader takes for anything but text, also within [ ] and { }. */
static bool
is_plain(const char *text)
{
	size_t length = strlen(text);

	if (!isalnum((unsigned char)text[0]) || text[length - 1] == ' ')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(" _-./%+", text[i]))
			return false;
	return true;
}

void
node_write_text(FILE *file, const char *text)
{
	if (is_plain(text)) {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

void
node_write(FILE *file, const struct node *node)
{
	bool is_list = node->kind == NODE_LIST;

	if (node->kind == NODE_SCALAR) {
		node_write_text(file, node->text);
		return;
	}
	fputc(is_list ? '[' : '{', file);
	for (size_t i = 0; i < node->n_items; i++) {
		fputs(i ? ", " : "", file);
		if (!is_list) {
			node_write_text(file, node->items[i]->key);
			fputs(": ", file);
		}
		node_write(file, node->items[i]);
	}
	fputc(is_list ? ']' : '}', file);
}

void
node_write_option(FILE *file, const struct option_spec *option, const void *settings)
{
	char text[OPTION_TEXT_BYTES * 2];

	option_format(option, settings, text, sizeof(text));
	if (option->type == OPTION_CHOICES)
		fputs(text, file);
	else
		node_write_text(file, text);
}
