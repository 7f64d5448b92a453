/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_ANSWER_H
#define HELPER_ANSWER_H

/*
 * The answer for programs of a verb that speaks to people: what it prints is kept, and becomes
 * one JSON object, or lines (porcelain.h). A verb that writes JSON of its own needs this where
 * it fails before it comes to that.
 *
 *	{"version":1,"done":true,"messages":["asked bob@example.org"],"warnings":[],"hints":[]}
 *	{"version":1,"error":{"id":"bad-jid","message":"...","hint":"..."}}
 */

#include <stdbool.h>

#include "message.h"

enum answer_form {
	ANSWER_JSON,
	ANSWER_PORCELAIN,	/* errors stay on standard error */
};

/*
 * From now on what is printed is kept, and nothing is asked on standard input if that is a
 * terminal. whole: the verb has no JSON of its own. False, with the reason printed, if nothing
 * can be kept.
 */
bool answer_begin(enum answer_form form, bool whole);

/* Whether a program has asked, and answers no questions. */
bool answer_begun(void);

/* Whether hints become a part of JSON. */
bool answer_keeps_hints(void);

/* Notes the error with which the verb ends. */
void answer_failed(const struct message *trouble);

/* Prints the answer, if one was begun. status: the exit status. */
void answer_end(int status);

#endif
