/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REACHABLE_H
#define DAEMON_REACHABLE_H

#include <stdint.h>

/*
 * A digest of the addresses by which we could be reached, or reach others: those of interfaces
 * that are up, and that lead beyond the machine and its cables. The same for the same
 * addresses, in whatever order.
 */
uint64_t reachable_digest(void);

#endif
