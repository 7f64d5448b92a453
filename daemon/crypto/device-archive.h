/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_DEVICE_ARCHIVE_H
#define CRYPTO_DEVICE_ARCHIVE_H

/*
 * The file in which a device moves to another machine: a content that only the passphrase
 * opens, and that nobody changes without it.
 *
 *     "git-xmpp device 1\n"  salt (16 bytes)  nonce (12)  encrypted content  tag (16)
 *
 * AES-256-GCM (NIST SP 800-38D), with salt and nonce as additional data. The key is scrypt
 * (RFC 7914) of passphrase and salt, N=2^17, r=8, p=1: 128 MiB and some tenths of a second for
 * each guess. These numbers belong to the version, so no file can ask for more.
 */

#include <stddef.h>

#include "buf.h"

enum { PASSPHRASE_MAX = 1024 };		/* bytes, without the NUL */

enum archive_result {
	ARCHIVE_DONE,
	ARCHIVE_FOREIGN,	/* no such file, or one of another version */
	ARCHIVE_LOCKED,		/* another passphrase, or the file was changed or cut */
	ARCHIVE_NO_MEMORY,	/* the system does not give the memory for scrypt */
};

/* Appends the archive of a content to out, under a new salt. DONE or NO_MEMORY. */
enum archive_result archive_seal(const char *content, size_t n, const char *passphrase,
				 struct buf *out);

/* Appends the content to out, which the caller wipes; nothing unless the result is DONE. */
enum archive_result archive_open(const char *archive, size_t n, const char *passphrase,
				 struct buf *out);

#endif
