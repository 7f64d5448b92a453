#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What only some systems have stands in the files that Documentation/porting.md has for it, and
# nowhere else; and what the page says is there is there.

. "$(dirname "$0")/lib/test-lib.sh"

page=$TOP/Documentation/porting.md

# A line for each word of the second table: the word, a tab, the files that may have it.
awk -F'|' '
	/^\| words / { inside = 1; next }
	!inside || !/^\| `/ { next }
	{
		files = ""
		n = split($3, part, "`")
		for (i = 2; i <= n; i += 2)
			files = files " " part[i]
		n = split($2, part, "`")
		for (i = 2; i <= n; i += 2)
			print part[i] "\t" files " "
	}' "$page" >words

# sources: what the programs are made of.
sources () {
	(cd "$TOP" && find common daemon helper -name '*.[ch]' | sort)
}

# places <word>: the files that have it outside of comments, a line each.
places () {
	(cd "$TOP" && sources | xargs awk -v word="$1" '
		FNR == 1 { comment = 0 }
		{
			line = $0
			if (comment && sub(/^.*\*\//, "", line))
				comment = 0
			gsub(/\/\*.*\*\//, "", line)
			if (sub(/\/\*.*$/, "", line))
				opens = 1
			if (!comment && index(line, word))
				print FILENAME
			if (opens)
				comment = 1
			opens = 0
		}' | sort -u)
}

test_expect_success 'the page has a table' '
	test "$(wc -l <words)" -gt 30
'

test_expect_success 'what only some systems have stands where the page says' '
	tab=$(printf "\t") &&
	while IFS="$tab" read -r word files
	do
		places "$word" | while read -r file
		do
			case $files in
			*" $file "*) ;;
			*) echo "$file has $word" ;;
			esac
		done
	done <words >elsewhere &&
	test_is_empty elsewhere
'

test_expect_success 'and each of the files that it names has it' '
	tab=$(printf "\t") &&
	while IFS="$tab" read -r word files
	do
		for file in $files
		do
			test -f "$TOP/$file" || echo "there is no $file"
		done
		test -z "${files# }" || test -n "$(places "$word")" ||
			test -n "$(cd "$TOP" && grep -lF -e "$word" $files)" || echo "nobody has $word"
	done <words >missing &&
	test_is_empty missing
'

# The first table: a header, and two files beside it that the build chooses from.
test_expect_success 'each header of a system has its two files, and the build knows them' '
	sed -n "s/^| .\([a-z/-]*\)\.h. | .\([a-z-]*\.c\). | .\([a-z-]*\.c\). .*/\1 \2 \3/p" "$page" >pairs &&
	test "$(wc -l <pairs)" -ge 6 &&
	while read -r header first second
	do
		folder=$(dirname "$header")
		for file in "$first" "$second"
		do
			test -f "$TOP/$folder/$file" || echo "there is no $folder/$file"
			grep -q "$file" "$TOP/$folder/meson.build" || echo "$folder/meson.build does not know $file"
		done
	done <pairs >wrong &&
	test_is_empty wrong &&
	(cd "$TOP" && find common daemon helper -name "*-linux.c" -o -name "*-none.c" -o -name "*-bsd.c") |
	while read -r file
	do
		grep -q "${file##*/}" pairs || echo "the page does not know $file"
	done >unknown &&
	test_is_empty unknown
'

test_done
