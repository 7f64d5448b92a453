/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_DEVICE_FILE_H
#define HELPER_DEVICE_FILE_H

/* "git xmpp device export" and "import": this device moves in a file. */

#include <stdbool.h>

/*
 * Has the broker write the file, or read it. passphrase_file NULL: the passphrase is asked for
 * at the terminal. Returns the exit status; an error was printed.
 */
int device_file(bool export, const char *file, const char *passphrase_file);

#endif
