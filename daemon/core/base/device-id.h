/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_DEVICE_ID_H
#define CORE_DEVICE_ID_H

/*
 * The names of a device. Its identity is the fingerprint of its key (fingerprint.h). Its
 * id is short: the first 16 characters of the fingerprint in base32 (RFC 4648 section 6,
 * in lower case). The id stands in the XMPP resource and in what people read. Its instance
 * is a random number, new with each start of its broker: it tells two runs apart.
 */

#include <stdbool.h>

#include "fingerprint.h"

enum {
	DEVICE_ID_LEN = 16,
	INSTANCE_BYTES = 8,
	/* What this version speaks and says in HELLO. Another protocol is refused. */
	LINK_PROTOCOL = 2,
};

void device_id_of(const unsigned char fp[FINGERPRINT_BYTES], char out[DEVICE_ID_LEN + 1]);

/* Whether id has the form that device_id_of() makes. */
bool device_id_valid(const char *id);

#endif
