/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_SCRYPT_PRICE_H
#define T_SCRYPT_PRICE_H

/*
 * What the program asks scrypt (RFC 7914) for is written down, and may be had cheaply. For tests
 * that are linked with -Wl,--wrap=EVP_PBE_scrypt.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the last call asked for, in the RFC's letters. */
static struct scrypt_price {
	uint64_t n, r, p;
} scrypt_price;
/* Whether a key costs next to nothing. A file that was sealed so is opened so only. */
static bool scrypt_cheap;

int __real_EVP_PBE_scrypt(const char *pass, size_t pass_n, const unsigned char *salt, size_t salt_n,
			  uint64_t n, uint64_t r, uint64_t p, uint64_t most, unsigned char *key,
			  size_t key_n);
int __wrap_EVP_PBE_scrypt(const char *pass, size_t pass_n, const unsigned char *salt, size_t salt_n,
			  uint64_t n, uint64_t r, uint64_t p, uint64_t most, unsigned char *key,
			  size_t key_n);

int __wrap_EVP_PBE_scrypt(const char *pass, size_t pass_n, const unsigned char *salt, size_t salt_n,
			  uint64_t n, uint64_t r, uint64_t p, uint64_t most, unsigned char *key,
			  size_t key_n)
{
	scrypt_price = (struct scrypt_price){ n, r, p };
	return __real_EVP_PBE_scrypt(pass, pass_n, salt, salt_n, scrypt_cheap ? 2 : n, r, p, most,
				     key, key_n);
}

#endif
