/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

/* Text from outside, made safe for a terminal, a log, XML or JSON. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * Appends text with everything a terminal could obey made visible: C0 and C1
 * controls, DEL, invalid UTF-8 and bidirectional controls (U+200E, U+200F,
 * U+202A-202E, U+2066-2069, U+061C) become \xNN for each byte. With lines,
 * newline and tab pass.
 */
void text_escape(struct buf *out, const char *s, size_t n, bool lines);

/* Appends text for an XML attribute or element; characters XML 1.0 forbids become '?'. */
void text_xml(struct buf *out, const char *s);

/* Appends a JSON string, quotes included, controls as \uNNNN. Invalid UTF-8 becomes U+FFFD. */
void text_json(struct buf *out, const char *s);

/* Appends a word of a shell's command line, in quotes unless it has only plain characters. */
void text_shell(struct buf *out, const char *s);

/*
 * As text_shell(), for an operand that follows the options of a command: "-- " goes before
 * it if it begins with '-'.
 */
void text_operand(struct buf *out, const char *s);

/* Whether text begins with prefix. */
bool starts_with(const char *text, const char *prefix);

bool text_utf8_valid(const char *s, size_t n);

/*
 * Decodes the character at s. Its length in bytes, or 0 if the n bytes do not begin with a
 * whole, valid character.
 */
size_t text_utf8_decode(const char *s, size_t n, uint32_t *c);

/* Whether text_escape() would make this character visible. */
bool is_terminal_control(uint32_t c);

#endif
