/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base64.h"

#include <stdint.h>

/*
 * Every in-band block passes through here twice, so decoding is one pass without a branch
 * per character: valid characters carry the mark bit in the table, and one AND over all of
 * them shows at the end whether one was invalid.
 */

enum { MARK = 0x40, VALUE = 0x3f };

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define V(n) ((n) | MARK)
static const uint8_t values[256] = {
	['A'] = V(0),  ['B'] = V(1),  ['C'] = V(2),  ['D'] = V(3),  ['E'] = V(4),  ['F'] = V(5),
	['G'] = V(6),  ['H'] = V(7),  ['I'] = V(8),  ['J'] = V(9),  ['K'] = V(10), ['L'] = V(11),
	['M'] = V(12), ['N'] = V(13), ['O'] = V(14), ['P'] = V(15), ['Q'] = V(16), ['R'] = V(17),
	['S'] = V(18), ['T'] = V(19), ['U'] = V(20), ['V'] = V(21), ['W'] = V(22), ['X'] = V(23),
	['Y'] = V(24), ['Z'] = V(25), ['a'] = V(26), ['b'] = V(27), ['c'] = V(28), ['d'] = V(29),
	['e'] = V(30), ['f'] = V(31), ['g'] = V(32), ['h'] = V(33), ['i'] = V(34), ['j'] = V(35),
	['k'] = V(36), ['l'] = V(37), ['m'] = V(38), ['n'] = V(39), ['o'] = V(40), ['p'] = V(41),
	['q'] = V(42), ['r'] = V(43), ['s'] = V(44), ['t'] = V(45), ['u'] = V(46), ['v'] = V(47),
	['w'] = V(48), ['x'] = V(49), ['y'] = V(50), ['z'] = V(51), ['0'] = V(52), ['1'] = V(53),
	['2'] = V(54), ['3'] = V(55), ['4'] = V(56), ['5'] = V(57), ['6'] = V(58), ['7'] = V(59),
	['8'] = V(60), ['9'] = V(61), ['+'] = V(62), ['/'] = V(63),
};
#undef V

size_t base64_encode(const void *data, size_t n, char *out)
{
	const uint8_t *p = data;
	char *o = out;

	for (; n >= 3; n -= 3, p += 3) {
		uint32_t w = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		*o++ = alphabet[w >> 18];
		*o++ = alphabet[w >> 12 & VALUE];
		*o++ = alphabet[w >> 6 & VALUE];
		*o++ = alphabet[w & VALUE];
	}
	if (n > 0) {
		uint32_t w = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);

		*o++ = alphabet[w >> 18];
		*o++ = alphabet[w >> 12 & VALUE];
		*o++ = n > 1 ? alphabet[w >> 6 & VALUE] : '=';
		*o++ = '=';
	}
	*o = '\0';
	return o - out;
}

/* Decodes the last four characters, which may be padded. Returns the number of bytes, or -1. */
static int decode_last(const uint8_t *s, uint8_t *o)
{
	uint8_t a = values[s[0]], b = values[s[1]], c = values[s[2]], d = values[s[3]];

	if (!(a & b & MARK))
		return -1;
	o[0] = (uint8_t)(a << 2 | (b & VALUE) >> 4);
	if (s[2] == '=')
		return s[3] == '=' && !(b & 0x0f) ? 1 : -1;
	if (!(c & MARK))
		return -1;
	o[1] = (uint8_t)(b << 4 | (c & VALUE) >> 2);
	if (s[3] == '=')
		return !(c & 0x03) ? 2 : -1;
	if (!(d & MARK))
		return -1;
	o[2] = (uint8_t)(c << 6 | (d & VALUE));
	return 3;
}

long base64_decode(const char *text, size_t n, void *out)
{
	const uint8_t *s = (const uint8_t *)text;
	uint8_t *o = out, good = MARK;
	int last;

	if (n % 4 != 0)
		return -1;
	if (n == 0)
		return 0;
	for (; n > 4; n -= 4, s += 4, o += 3) {
		uint8_t a = values[s[0]], b = values[s[1]], c = values[s[2]], d = values[s[3]];
		uint32_t w = (uint32_t)(a & VALUE) << 18 | (uint32_t)(b & VALUE) << 12 |
			     (uint32_t)(c & VALUE) << 6 | (d & VALUE);

		good &= a & b & c & d;
		o[0] = (uint8_t)(w >> 16);
		o[1] = (uint8_t)(w >> 8);
		o[2] = (uint8_t)w;
	}
	last = decode_last(s, o);
	if (!good || last < 0)
		return -1;
	return o - (uint8_t *)out + last;
}
