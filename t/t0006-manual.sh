#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The manual pages, as they are installed, are good man(7): mandoc has no warning for them.

. "$(dirname "$0")/lib/test-lib.sh"

command -v mandoc >/dev/null || test_skip_all 'no mandoc'
ls "$BUILD"/Documentation/*.1 >/dev/null 2>&1 || test_skip_all 'no scdoc'

# lint <page>: scdoc begins a paragraph before and after each heading, which is none of ours.
lint () {
	mandoc -T lint -W warning "$1" >warnings
	grep -v ': skipping paragraph macro: PP ' warnings >ours
	test_is_empty ours
}

test_expect_success 'a page with a fault is found' '
	printf "%s\n" ".TH a 1 2026-01-01" ".SH NAME" "a \\- b" ".SH SYNOPSIS" ".XX" >a.1 &&
	test_must_fail lint a.1 &&
	printf "%s\n" ".TH a 1 2026-01-01" ".SH NAME" "a \\- b" ".SH SYNOPSIS" "a" >a.1 &&
	lint a.1
'

for page in "$TOP"/Documentation/*.scd
do
	page=$(basename "$page" .scd)
	test_expect_success "$page is without a warning" '
		lint "$BUILD/Documentation/$page"
	'
done

test_done
