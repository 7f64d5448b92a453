/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each archive has a key of its own, because its salt is random: the nonce cannot repeat
 * under a key. The content comes out in one piece, and only after the tag was checked.
 */
#include "device-archive.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "random.h"
#include "wipe.h"

static const char magic[] = "git-xmpp device 1\n";

enum {
	MAGIC = sizeof(magic) - 1,
	SALT = 16,
	NONCE = 12,
	TAG = 16,
	HEADER = MAGIC + SALT + NONCE,
	KEY = 32,
	SCRYPT_N = 1 << 17,
	SCRYPT_R = 8,
	SCRYPT_P = 1,
	SCRYPT_MEMORY = 192 * 1024 * 1024,	/* bytes; OpenSSL refuses to take more */
};

static bool derive(const char *passphrase, const char *header, unsigned char key[KEY])
{
	const unsigned char *salt = (const unsigned char *)header + MAGIC;
	bool done = EVP_PBE_scrypt(passphrase, strlen(passphrase), salt, SALT, SCRYPT_N, SCRYPT_R,
				   SCRYPT_P, SCRYPT_MEMORY, key, KEY) == 1;

	ERR_clear_error();
	return done;
}

static bool encrypt(EVP_CIPHER_CTX *c, const unsigned char key[KEY], const unsigned char *header,
		    const char *content, size_t n, unsigned char *out)
{
	int written, rest;

	return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, header + MAGIC + SALT) == 1 &&
	       EVP_EncryptUpdate(c, NULL, &written, header, HEADER) == 1 &&
	       EVP_EncryptUpdate(c, out, &written, (const unsigned char *)content, (int)n) == 1 &&
	       EVP_EncryptFinal_ex(c, out + written, &rest) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, out + n) == 1;
}

enum archive_result archive_seal(const char *content, size_t n, const char *passphrase,
				 struct buf *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char key[KEY], *p;
	bool done = false;

	if (c && n < INT_MAX) {
		p = (unsigned char *)buf_reserve(out, HEADER + n + TAG);
		memcpy(p, magic, MAGIC);
		random_bytes(p + MAGIC, SALT + NONCE);
		done = derive(passphrase, (const char *)p, key) &&
		       encrypt(c, key, p, content, n, p + HEADER);
		if (done)
			buf_added(out, HEADER + n + TAG);
		wipe(key, sizeof(key));
	}
	EVP_CIPHER_CTX_free(c);
	ERR_clear_error();
	return done ? ARCHIVE_DONE : ARCHIVE_NO_MEMORY;
}

static bool decrypt(EVP_CIPHER_CTX *c, const unsigned char key[KEY], const unsigned char *header,
		    size_t n, unsigned char *out)
{
	const unsigned char *sealed = header + HEADER;
	int written, rest;

	return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, header + MAGIC + SALT) == 1 &&
	       EVP_DecryptUpdate(c, NULL, &written, header, HEADER) == 1 &&
	       EVP_DecryptUpdate(c, out, &written, sealed, (int)n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(sealed + n)) == 1 &&
	       EVP_DecryptFinal_ex(c, out + written, &rest) == 1;
}

enum archive_result archive_open(const char *archive, size_t n, const char *passphrase,
				 struct buf *out)
{
	enum archive_result result = ARCHIVE_NO_MEMORY;
	EVP_CIPHER_CTX *c;
	unsigned char key[KEY], *p;

	if (n < MAGIC || memcmp(archive, magic, MAGIC) != 0)
		return ARCHIVE_FOREIGN;
	if (n < HEADER + TAG || n > INT_MAX)
		return ARCHIVE_LOCKED;
	n -= HEADER + TAG;
	c = EVP_CIPHER_CTX_new();
	if (c && derive(passphrase, archive, key)) {
		p = (unsigned char *)buf_reserve(out, n + 1);
		if (decrypt(c, key, (const unsigned char *)archive, n, p)) {
			buf_added(out, n);
			result = ARCHIVE_DONE;
		} else {
			wipe(p, n);
			result = ARCHIVE_LOCKED;
		}
		wipe(key, sizeof(key));
	}
	EVP_CIPHER_CTX_free(c);
	ERR_clear_error();
	return result;
}
