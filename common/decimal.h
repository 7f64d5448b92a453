/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_DECIMAL_H
#define COMMON_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a number from 0 to max that consists of decimal digits only, however many. False
 * for NULL, for no digits and for anything else; *value is then unchanged.
 */
bool decimal_parse(const char *text, uint64_t max, uint64_t *value);

#endif
