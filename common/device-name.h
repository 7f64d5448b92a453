/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_DEVICE_NAME_H
#define COMMON_DEVICE_NAME_H

/*
 * The name that the owner of a device gave it: "laptop". Other people choose the names of
 * their devices, so a name proves nothing, and two devices may have one name. It is shown
 * beside the id of the device and never instead of it.
 *
 * A name is 1 to DEVICE_NAME_MAX - 1 bytes of UTF-8, without controls, without characters
 * that take no room or turn the direction of the text, without a space at either end.
 */

#include <stdbool.h>

#include "address.h"

bool device_name_valid(const char *name);

#endif
