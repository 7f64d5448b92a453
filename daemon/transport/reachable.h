/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REACHABLE_H
#define DAEMON_REACHABLE_H

#include <stdint.h>

/*
 * A digest of the addresses by which we can be reached, or reach others: those of interfaces
 * that are up, without loopback and link-local ones. Their order does not matter. 0 if the
 * system does not list them.
 */
uint64_t reachable_digest(void);

#endif
