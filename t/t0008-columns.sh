#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# No line of C is longer than 100 columns, with a tab at every eighth.

. "$(dirname "$0")/lib/test-lib.sh"

# long_lines <directory...>: each as file:line: columns
long_lines () {
	find "$@" -name '*.[ch]' -exec awk '
	{
		line = ""
		rest = $0
		while ((tab = index(rest, "\t"))) {
			line = line substr(rest, 1, tab - 1)
			line = line substr("        ", 1, 8 - length(line) % 8)
			rest = substr(rest, tab + 1)
		}
		if (length(line rest) > 100)
			print FILENAME ":" FNR ": " length(line rest)
	}' {} +
}

test_expect_success 'a line that is too long is found' '
	mkdir tree &&
	printf "%0100d\n\t%092d\n%0101d\n1\t%093d\n" 0 0 0 0 >tree/a.c &&
	long_lines tree >found &&
	printf "%s\n" "tree/a.c:3: 101" "tree/a.c:4: 101" >expected &&
	test_cmp expected found
'

test_expect_success 'there is none in the tree' '
	(cd "$TOP" && long_lines common daemon helper t) >found &&
	test_is_empty found
'

test_done
