/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_DEVICE_ID_H
#define CORE_DEVICE_ID_H

/*
 * What names a device. Its identity is the fingerprint of its key (text.h); the first 16
 * characters of the fingerprint's base32 (RFC 4648, section 6, in lower case) are its short name,
 * its id, as it stands in the XMPP resource and in what people read. Each run of a device's broker
 * has another instance, which is random: two runs are told apart by it.
 */

#include <stdbool.h>

#include "fingerprint.h"


enum {
	DEVICE_ID_LEN = 16,
	INSTANCE_BYTES = 8,
	LINK_PROTOCOL = 2,	/* what devices of this version speak: HELLO says it, another one is
				   refused */
};

void device_id_of(const unsigned char fp[FINGERPRINT_BYTES], char out[DEVICE_ID_LEN + 1]);

/* Whether device_id_of() could have said this. */
bool device_id_valid(const char *id);

#endif
