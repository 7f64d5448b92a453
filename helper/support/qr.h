/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QR_H
#define HELPER_QR_H

/* QR codes (ISO/IEC 18004), where the programs were built with libqrencode. */

#include <stdbool.h>

bool qr_possible(void);

/* Shows the text as a QR code on standard error. Shows nothing where that is not possible. */
void qr_show(const char *text);

#endif
