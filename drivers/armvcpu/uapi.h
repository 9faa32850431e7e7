/* SPDX-License-Identifier: GPL-2.0-only */
/* The ABI header of this very tree, whatever the kernel's headers hold. */
#ifndef ARMVCPU_UAPI_WRAPPER_H
#define ARMVCPU_UAPI_WRAPPER_H

#include "../../include/uapi/linux/armvcpu.h"

#endif /* ARMVCPU_UAPI_WRAPPER_H */
