/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linked first into another layout of the command: moves all code and all data that
 * come after it. Where code lies decides which branches and loops share a line of the
 * instruction cache or a place in the branch predictors; between two builds it
 * differs by chance, by as much as 1% of what is measured. Several layouts of each
 * average that out (folio ab).
 */
/* clang-format off */
__asm__(".pushsection .text\n"
	".skip " FOLIO_LAYOUT_TEXT_BYTES ", 0xcc\n"
	".popsection\n"
	".pushsection .data\n"
	".skip " FOLIO_LAYOUT_DATA_BYTES "\n"
	".popsection\n");
/* clang-format on */
