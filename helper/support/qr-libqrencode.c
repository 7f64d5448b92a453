/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two rows of modules are one line of characters: half blocks make them square. On a terminal
 * the colours are set, because readers want dark modules on a light ground, whatever the
 * terminal's own colours are.
 */
#include "qr.h"

#include <qrencode.h>
#include <stdio.h>
#include <unistd.h>

#include "buf.h"

enum { MARGIN = 4 };	/* modules of light around the code, as the standard demands */

bool qr_possible(void)
{
	return true;
}

static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

static void put_line(struct buf *out, const QRcode *code, int y, bool colours)
{
	/* neither, the upper one, the lower one, both */
	static const char *const halves[] = { " ", "\342\226\200", "\342\226\204", "\342\226\210" };

	buf_puts(out, colours ? "\033[30;107m" : "");
	for (int x = -MARGIN; x < code->width + MARGIN; x++)
		buf_puts(out, halves[is_dark(code, x, y) | is_dark(code, x, y + 1) << 1]);
	buf_puts(out, colours ? "\033[0m\n" : "\n");
}

void qr_show(const char *text)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	bool colours = isatty(STDERR_FILENO);
	struct buf out = { 0 };

	if (!code)
		return;
	for (int y = -MARGIN; y < code->width + MARGIN; y += 2)
		put_line(&out, code, y, colours);
	fputs(buf_str(&out), stderr);
	buf_finish(&out);
	QRcode_free(code);
}
