/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_DECIMAL_H
#define COMMON_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A number of decimal digits and nothing else, from 0 to max, at any length. False for anything
 * else, also for NULL and for no digit at all; *value is as before then.
 */
bool decimal_parse(const char *text, uint64_t max, uint64_t *value);

#endif
