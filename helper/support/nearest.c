/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of distances between the beginnings of two words is filled row by row. A swap looks
 * back two rows, so three are kept.
 */
#include "nearest.h"

#include <string.h>

enum { WORD_MAX = 63 };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = smaller(row[j], smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->word), candidate_len = strlen(candidate), d;

	if (len > WORD_MAX || candidate_len > WORD_MAX)
		return;
	d = distance(n->word, len, candidate, candidate_len);
	if (2 * d > len || (n->found && d >= n->distance))
		return;
	n->found = candidate;
	n->distance = d;
}
