/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner/report/xml_text.h"

void
xml_put_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			putc((unsigned char)*text < ' ' ? ' ' : *text, file);
		}
	}
}
