/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SETUP_H
#define HELPER_SETUP_H

/* As cmd_setup(), from within "git xmpp join", which says itself what comes next. */
int setup_to_join(int argc, char **argv);

#endif
