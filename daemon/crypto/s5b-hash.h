/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_S5B_HASH_H
#define CRYPTO_S5B_HASH_H

#include "socks5.h"

/*
 * DST.ADDR of XEP-0065 (SOCKS5 Bytestreams): lower-case hex SHA-1 of sid, requester's and
 * target's full JID.
 */
void s5b_hash(const char *sid, const char *requester, const char *target,
	      char out[SOCKS5_HASH_LEN + 1]);

#endif
