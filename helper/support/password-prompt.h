/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PASSWORD_PROMPT_H
#define HELPER_PASSWORD_PROMPT_H

/*
 * A command of the user failed because the broker, which never asks anybody, has no password
 * or a wrong one. The password is then found or asked for in the foreground and given to the
 * broker, and the command is run again. Of several commands at once one asks, and the others
 * wait for it.
 */

#include "password-source.h"

struct password_prompt {
	struct password_source source;
	char account[64];	/* its name in the configuration; empty: not known */
	bool begun;		/* source is initialised */
	bool given;		/* the broker was given the present password */
	bool taken;		/* and the server has taken that */
	int lock;		/* -1: not held; owned */
	int waits;		/* so often something else had changed meanwhile */
};

void password_prompt_init(struct password_prompt *p);

/*
 * Whether the command that failed with *trouble is to be run again: the broker has another
 * password now, or another command has asked meanwhile. False if the trouble is no matter of
 * a password, if a passwordCommand is configured, or if there is nobody to ask.
 * gone: whether nobody waits for the command any more; may be NULL.
 */
bool password_prompt_again(struct password_prompt *p, const struct message *trouble,
			   bool (*gone)(void));

/*
 * The command has ended, well or not: a password that the user gave and the server has taken
 * goes to git's credential helpers. Other commands may ask from now on.
 */
void password_prompt_finish(struct password_prompt *p);

#endif
