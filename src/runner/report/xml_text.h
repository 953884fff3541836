/* SPDX-License-Identifier: BSD-3-Clause */
/* Text in XML, for the JUnit files of the gates. */
#ifndef FOLIO_RUNNER_XML_TEXT_H
#define FOLIO_RUNNER_XML_TEXT_H

#include <stdio.h>

/*
 * Writes text as it stands within an attribute or between tags: what has a meaning
 * there is escaped, and control characters, which XML does not know, become spaces.
 */
void xml_put_text(FILE *file, const char *text);

#endif
