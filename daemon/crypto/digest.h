/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

/* The hashes that the core asks for, by OpenSSL. */

#include "digest-ops.h"

extern const struct digest_ops openssl_digests;

#endif
