/* SPDX-License-Identifier: GPL-2.0-only */
/* The blob for EL2, which is copied to pages of its own when it is needed. */
	.section .rodata, "a"
	.align	12
	.global	armvcpu_nvhe_blob
armvcpu_nvhe_blob:
	.incbin	NVHE_BLOB
	.global	armvcpu_nvhe_blob_end
armvcpu_nvhe_blob_end:
