/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SESSION_OFFER_H
#define HELPER_SESSION_OFFER_H

/*
 * The end of git xmpp setup: a broker that is started on demand is not there after a reboot
 * until the first git command, so the user is asked whether it shall start with the session.
 * Where nobody can be asked, or nothing is known that could start it, a line names the command.
 * Nothing is said where it starts already.
 */

#include <stdbool.h>

/*
 * has_password: whether a broker can log in
 * without the user; one that cannot is of no use at login, so nothing is offered. Returns
 * whether the user said yes: then the broker that runs may be another one.
 */
bool session_offer(bool has_password);

#endif
