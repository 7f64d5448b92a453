/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pkt-line.h"

#include "buf.h"
#include "tap.h"

/* Reads it in steps of so many bytes; what it is, as text: "<" and ">" are a packet's ends. */
static const char *read_by(const char *bytes, size_t step, struct buf *out, struct pkt_line *p)
{
	static const char *const kinds[] = { "", "flush ", "delim ", "end " };
	size_t n = strlen(bytes);

	*p = (struct pkt_line){ .left = 0 };
	buf_reset(out);
	while (n) {
		size_t now = n < step ? n : step, left = now;
		const char *at = bytes;
		struct pkt_piece piece;

		while (pkt_line_next(p, &at, &left, &piece)) {
			buf_puts(out, kinds[piece.kind]);
			if (piece.kind != PKT_DATA)
				continue;
			buf_puts(out, piece.first ? "<" : "");
			buf_append(out, piece.bytes, piece.len);
			buf_puts(out, piece.last ? "> " : "");
		}
		bytes += now;
		n -= now;
	}
	return buf_str(out);
}

static void reads(const char *bytes, const char *expected, bool border, const char *what)
{
	struct buf out = { 0 };
	struct pkt_line p;

	is_str(read_by(bytes, SIZE_MAX, &out, &p), expected, what);
	ok(pkt_line_at_border(&p) == border, "and where it stands is known");
	is_str(read_by(bytes, 1, &out, &p), expected, "byte by byte alike");
	ok(pkt_line_at_border(&p) == border, "and there, too");
	is_str(read_by(bytes, 3, &out, &p), expected, "or by three");
	buf_finish(&out);
}

int main(void)
{
	reads("", "", true, "nothing");
	reads("0008word0000", "<word> flush ", true, "a packet and a flush");
	reads("000800010000", "<0001> flush ", true, "what is in a packet is no header");
	reads("000400010005x0006a", "<> delim <x> <a", false,
	      "an empty one, and what is no border");
	reads("0002000aABCDEF", "end <ABCDEF> ", true, "capitals are content");
	reads("000Aabcdef", "<abcdef> ", true, "and digits");
	reads("0009ab", "<ab", false, "half a packet");
	reads("00", "", false, "half a header");
	reads("0000PACK....", "flush ", false, "what is no packet ends it");
	reads("00030008word", "", false, "so does a length that is none");
	reads("fff1ab", "", false, "and one that no packet has");
	return tap_done();
}
