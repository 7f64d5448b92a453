/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_IQ_ANSWER_H
#define T_IQ_ANSWER_H

/*
 * For a test that is the server, and has an account_query() of its own, which sets answer and
 * asker: one question is open at a time, and what is answered has one row, or none.
 */

#include <stdbool.h>
#include <stddef.h>

#include "account.h"

struct iq_rows {
	const struct iq_row *row;	/* NULL: no more */
};

static iq_rows_answer answer;	/* to the question that is open, or NULL */
static void *asker;

void account_forget(struct account *x, uint64_t handle)
{
	answer = NULL;
}

bool iq_rows_next(struct iq_rows *rows, struct iq_row *row)
{
	if (!rows->row)
		return false;
	*row = *rows->row;
	rows->row = NULL;
	return true;
}

#endif
