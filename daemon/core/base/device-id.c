/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-id.h"

#include <string.h>

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

void device_id_of(const unsigned char fp[FINGERPRINT_BYTES], char out[DEVICE_ID_LEN + 1])
{
	for (unsigned i = 0; i < DEVICE_ID_LEN; i++) {
		unsigned bit = 5 * i;
		unsigned pair = (unsigned)fp[bit / 8] << 8 | fp[bit / 8 + 1];

		out[i] = alphabet[pair >> (11 - bit % 8) & 31];
	}
	out[DEVICE_ID_LEN] = '\0';
}

bool device_id_valid(const char *id)
{
	return strspn(id, alphabet) == DEVICE_ID_LEN && !id[DEVICE_ID_LEN];
}
