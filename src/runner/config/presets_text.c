/* SPDX-License-Identifier: BSD-3-Clause */
/* configs/presets.yaml, as it is. */
/* clang-format off */
__asm__(".pushsection .rodata\n"
	".global presets_text\n"
	".type presets_text, @object\n"
	"presets_text:\n"
	".incbin \"" FOLIO_PRESETS_FILE "\"\n"
	".byte 0\n"
	".size presets_text, . - presets_text\n"
	".popsection\n");
/* clang-format on */
