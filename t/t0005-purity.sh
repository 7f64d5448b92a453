#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The core computes and does nothing else: its libraries want of the C library only what reads and
# writes memory, and of common/ what does the same, and the log. And in a folder calls go one way.

. "$(dirname "$0")/lib/test-lib.sh"

# What the core may have of the C library. inet_*() turn addresses into text and back.
pure='
abort free calloc malloc realloc
memchr memcmp memcpy memmem memmove memset bcmp
strchr strcmp strcpy strcspn strlen strncmp strncpy strnlen strpbrk strrchr strspn strstr
bsearch qsort snprintf sscanf vsnprintf strtol strtoul strtoull
inet_ntop inet_pton
'
# The same under other names: those of glibc, of -D_FORTIFY_SOURCE, and what the compiler adds.
also='
__isoc99_sscanf __isoc23_sscanf __isoc23_strtol __isoc23_strtoul __isoc23_strtoull
__[a-z]*_chk __assert_fail __assert __stack_chk_fail __stack_chk_fail_local _GLOBAL_OFFSET_TABLE_
__asan_* __ubsan_* __sanitizer_* __lsan_* __gcov_* __llvm_* __udivdi3 __umoddi3 __divdi3 __moddi3
'
# Of common/: memory, text, fields, names. log_*() write to standard error, and say nothing back.
common='
buf_* decimal_parse device_name_valid field_is fields_* grantee_* group_name_valid hex_* invitation_link_* jid_* lines_parse pkt_line_* share_name_valid text_* wipe
fingerprint_* message_* ref_patterns_* ref_rules_* queue_entry_* queue_state_name queuefile_variables
xasprintf xcalloc xmalloc xrealloc xstrdup xstrndup xvasprintf
log_about log_at log_get_level
'

libraries=$(find "$BUILD" -name 'libdaemon_core_*.a' | sort)

# symbols <option of nm> <file>...: "<object> <symbol>", without what is private and weak.
symbols () {
	nm -A -P -g "$@" | sed -n "s|^\(.*/\)*\([^/]*\)\.c\.o\]*: \([^ ]*\) [TDRBCUG].*|\2 \3|p"
}

# impure <file>...: what these want that no core may have.
impure () {
	symbols --defined-only $libraries "$@" | sed 's/.* //' | sort -u >defined &&
	symbols -u "$@" | grep -vxFf defined | sort -u | while read -r object symbol
	do
		grep -qxF -e "$symbol" defined || is_pure "$symbol" || echo "$object wants $symbol"
	done
}

is_pure () {
	local pattern

	set -f
	for pattern in $pure $also $common
	do
		case $1 in
		$pattern) set +f; return 0 ;;
		esac
	done
	set +f
	return 1
}

test_expect_success 'each folder of the core is a library' '
	ls -d "$TOP"/daemon/core/*/meson.build >folders &&
	test_line_count = "$(echo "$libraries" | wc -l)" folders
'

test_expect_success 'which wants nothing that does more than compute' '
	impure $libraries >found && test_is_empty found &&
	symbols -u $libraries >wanted && grep -E " (__asan_)?memcpy$" wanted && grep " log_at$" wanted
'

# An object that calls what is named, as the core must not.
caller_of () {
	printf "void $1(void); void odd(void); void odd(void) { $1(); }\n" >odd.c &&
	cc -ffreestanding -fno-builtin -c -o odd.c.o odd.c
}

test_expect_success 'command -v cc' 'what does more is noticed' '
	for name in time getrandom open read write socket uv_timer_start SSL_read RAND_bytes getenv \
		random_bytes userfile_write printf rand
	do
		caller_of $name && impure odd.c.o >found && grep "^odd wants $name$" found ||
			return 1
	done &&
	for name in memcpy link_tick log_at __snprintf_chk __asan_report_load8
	do
		caller_of $name && impure odd.c.o >found && test_is_empty found || return 1
	done
'

# circles <library>...: those of one folder that call each other in a circle, a line each.
circles () {
	for library
	do
		{
			symbols --defined-only "$library" | sed "s/^/D /"
			symbols -u "$library" | sed "s/^/U /"
		} | awk "$program"
	done
}

program='
$1 == "D" { holder[$3] = $2; node[$2] = 1 }
$1 == "U" && $3 in holder && holder[$3] != $2 { calls[$2] = calls[$2] " " holder[$3] }

function reach(from, there,    queue, head, tail, to, n, i) {
	split("", there)
	queue[tail = 1] = from
	for (head = 1; head <= tail; head++) {
		n = split(calls[queue[head]], to, " ")
		for (i = 1; i <= n; i++)
			if (!(to[i] in there)) {
				there[to[i]] = 1
				queue[++tail] = to[i]
			}
	}
}

END {
	for (x in node) {
		reach(x, there)
		for (y in there) {
			reach(y, back)
			if (x != y && x in back)
				print x " and " y " call each other"
		}
	}
}'

# Those that are left, which Documentation/architecture.md lists: both names of such a line.
known () {
	sed -n "/^## Layers/,/^## [^L]/s/^- .core.\(.*\).: /\1 /p" \
		"$TOP/Documentation/architecture.md" |
		awk '{ for (i = 2; i <= NF; i++) for (k = 2; k <= NF; k++) if (i != k)
			print "daemon_core_" $1 "_" $i " and daemon_core_" $1 "_" $k \
				" call each other" }'
}

test_expect_success 'in a folder of the core calls go one way' '
	known >allowed && circles $libraries >found &&
	! grep -vxFf allowed found &&
	# What is listed is there.
	known | sed "s/^daemon_core_\([a-z]*\)_.*/daemon_core_\1/" | sort -u | while read -r folder
	do
		grep "^${folder}_" found || return 1
	done
'

# A rule that t/mutate cannot break any more, nobody asks about.
test_expect_success 'each change of t/mutate applies' '
	"$TOP/t/mutate" --apply
'

test_done
