/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "finding.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void test_rows(void)
{
	bool named = true, placed = true;

	for (int id = 0; id < FOUND_COUNT; id++) {
		named = named && finding_name(id) &&
			strspn(finding_name(id), "abcdefghijklmnopqrstuvwxyz-") ==
				strlen(finding_name(id));
		placed = placed && finding_area(id) < AREA_COUNT;
	}
	ok(named, "every kind has an id of lower-case words");
	ok(placed, "every kind has an area");
	for (int area = 0; area < AREA_COUNT; area++)
		placed = placed && area_name(area);
	ok(placed, "every area has a name");
}

static void test_filling(void)
{
	struct findings f = { .count = 0 };

	findings_add(&f, FOUND_SHARE_FAULT, "share", "a b'c", "path", NULL, "fault", "it is gone",
		     NULL);
	is_str(f.rows[0].text, "share 'a b'c' at '': it is gone", "a text has what is given");
	is_str(f.rows[0].command, "git xmpp unshare 'a b'\\''c'", "a word of a command is quoted");
	findings_add(&f, FOUND_SHARE_FAULT, "share", "-x; reboot", "path", "/", "fault", "", NULL);
	is_str(f.rows[1].command, "git xmpp unshare -- '-x; reboot'",
	       "what begins as an option is none");
	findings_add(&f, FOUND_VALUE, "key", "xmpp.a", "value", "$(reboot)", "file", "/a b", NULL);
	is_str(f.rows[2].command,
	       "git config --file='/a b' --fixed-value --unset-all xmpp.a '$(reboot)'",
	       "behind a '=' it is quoted, too");
	findings_add(&f, FOUND_VALUE, "key", "xmpp.a", "value", "-x", "file", "/a", NULL);
	is_str(f.rows[3].command, "git config --file=/a --fixed-value --unset-all xmpp.a -x",
	       "git config takes it as it is behind the key");
	findings_add(&f, FOUND_CONFIGURATION_FILE, "reason", "no", "file", "/x", NULL);
	is_str(f.rows[4].command, "${VISUAL:-${EDITOR:-vi}} /x", "a shell's own braces stay");
	findings_add(&f, FOUND_WAITS, "text", "t", "hint", "git xmpp accept 'a b'", NULL);
	is_str(f.rows[5].command, "git xmpp accept 'a b'", "a command that is whole stays");
	findings_add(&f, FOUND_GIT_OLD, "version", "1", "needed", "2", NULL);
	ok(!f.rows[6].command, "there may be none");
	findings_finish(&f);
}

static void test_counts(void)
{
	struct findings f = { .count = 0 };

	is_int(findings_worst(&f, AREA_PASSWORD), -1, "nothing was found");
	findings_add(&f, FOUND_PASSWORD_NOT_KEPT, NULL);
	is_int(findings_worst(&f, AREA_PASSWORD), SEVERITY_NOTE, "a note was");
	is_int(findings_faults(&f), 0, "a note is no fault");
	findings_add(&f, FOUND_HELPER_UNKNOWN, NULL);
	is_int(findings_worst(&f, AREA_PASSWORD), SEVERITY_FAULT, "the worst counts");
	is_int(findings_faults(&f), 1, "one of the two is a fault");
	findings_fact(&f, AREA_GIT, "git %d", 2);
	findings_fact(&f, AREA_GIT, "and %s", "more");
	is_str(f.facts[AREA_GIT], "git 2, and more", "facts go behind each other");
	findings_finish(&f);
}

int main(void)
{
	test_rows();
	test_filling();
	test_counts();
	return tap_done();
}
