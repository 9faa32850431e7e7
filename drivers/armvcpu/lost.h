/* SPDX-License-Identifier: GPL-2.0-only */
/* After an exception at EL2 that nobody expects. */
#ifndef ARMVCPU_LOST_H
#define ARMVCPU_LOST_H

/**
 * lost_bound() - before the panic for an exception at EL2
 *
 * That panic may take such an exception by itself and so begin again: on what trapped the
 * first time, or as it stops the other CPUs. It returns three times on a CPU; then the
 * machine restarts, in the end by nothing but the call of its firmware, where panic= does
 * not ask for it to wait.
 *
 * Context: any, exceptions masked.
 */
void lost_bound(void);

#endif
