#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Who includes whom is as the table in Documentation/architecture.md says, and a wrong include is
# noticed: by this script, with file and line, and by the compiler.
#
#   t0000-layers.sh --picture [<dir>]   the layers of this tree, or of another one
#   t0000-layers.sh --rows              what the table would have to say of this tree

# What layers.awk wants to know of a tree.
facts () (
	cd "$1" &&
	set -- $(find common daemon helper -name '*.[ch]' | sort) &&
	printf 'F %s\n' "$@" &&
	grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null "$@" | sed 's/^/I /' &&
	for file in $(find daemon helper -name meson.build)
	do
		tr '\n' ' ' <"$file" | sed -n "s|.*sees = \[\([^]]*\)\].*|M ${file%/*} \1|p" |
			sed "s/[',]/ /g"
		echo
	done
)

# layers <mode> <dir> [<table>]
layers () {
	facts "$2" |
	awk -v mode="$1" -f "$TOP/t/lib/layers.awk" "${3:-$TOP/Documentation/architecture.md}" -
}

case $1 in
--picture|--rows)
	TOP=$(cd "$(dirname "$0")/.." && pwd)
	layers "${1#--}" "${2:-$TOP}"
	exit ;;
esac

. "$(dirname "$0")/lib/test-lib.sh"

SQ="'"

check () {
	layers check "$TRASH/tree" "$TRASH/tree/Documentation/architecture.md"
}

afresh () {
	rm -rf "$TRASH/tree" && mkdir -p "$TRASH/tree/Documentation" &&
	cp -R "$TOP/common" "$TOP/daemon" "$TOP/helper" "$TRASH/tree" &&
	cp "$TOP/Documentation/architecture.md" "$TRASH/tree/Documentation"
}

# notices <file> <line to add> <what is said of it>
notices () {
	cp "tree/$1" saved && printf '%s\n' "$2" >>"tree/$1" &&
	! check >said && cat said &&
	mv saved "tree/$1" && grep -qF "$1:$(($(wc -l <"tree/$1") + 1)): $3" said &&
	test_line_count = $(($(wc -l <before) + 1)) said
}

# The same of a table or a list, that sed changes.
notices_change () {
	cp "tree/$1" saved && sed "$2" saved >"tree/$1" && ! cmp saved "tree/$1" &&
	! check >said && cat said && mv saved "tree/$1" && grep -qF "$3" said
}

test_expect_success 'the tree is as the table says' '
	afresh && { check >before || { cat before; false; } }
'

test_expect_success 'an include that points up is noticed' '
	notices daemon/core/base/hashtable.c "#include \"link.h\"" "\"link.h\" is of daemon/core/link" &&
	notices daemon/core/link/record.h "#include \"presence.h\"" "\"presence.h\" is of daemon/core/access" &&
	notices daemon/core/path/path-selector.c "#include \"tls.h\"" "\"tls.h\" is of daemon/crypto" &&
	notices daemon/git/refs.c "#include \"account.h\"" "\"account.h\" is of daemon/xmpp" &&
	notices common/frame.c "#include \"bounds.h\"" "\"bounds.h\" is of daemon/core/base"
'

test_expect_success 'so is one of what is private, of what is nowhere, and one that leads out' '
	notices daemon/core/negotiation/service-request.c "#include \"link-internal.h\"" "link-internal.h is for daemon/core/link" &&
	notices daemon/core/link/link.c "#include \"nowhere.h\"" "\"nowhere.h\" is nowhere" &&
	notices daemon/core/link/link.c "#include \"../path/path-selector.h\"" "\"../\"" &&
	notices helper/support/output.c "#include \"commands.h\"" "\"commands.h\" is of helper/command"
'

test_expect_success 'and what a folder has not of the system' '
	notices daemon/core/base/socks5.c "#include <openssl/evp.h>" "<openssl/evp.h> is of openssl" &&
	notices daemon/core/account/retry.c "#include <time.h>" "<time.h> is of system" &&
	notices daemon/core/link/link.h "  #  include <sys/socket.h>" "<sys/socket.h> is of system" &&
	notices daemon/transport/dialer.c "#include <strophe.h>" "<strophe.h> is of libstrophe" &&
	notices daemon/xmpp/iq.c "#include <git2.h>" "<git2.h> is of libgit2" &&
	notices daemon/crypto/tls.c "#include <uv.h>" "<uv.h> is of libuv"
'

test_expect_success 'a circle of modules is noticed' '
	notices daemon/core/base/quota.h "#include \"log-budget.h\"" "closes a circle of log-budget quota"
'

test_expect_success 'two headers of one name are noticed, where one program might find either' '
	cp tree/common/buf.h tree/daemon/xmpp/buf.h && ! check >said && grep "^buf.h: is in" said &&
	rm tree/daemon/xmpp/buf.h
'

test_expect_success 'a folder without a row is noticed, and what the table or a meson.build says wrongly' '
	mkdir tree/daemon/attic && cp tree/common/buf.c tree/daemon/attic && ! check >said &&
	grep "^daemon/attic: has no row" said && rm -r tree/daemon/attic &&
	notices_change Documentation/architecture.md "/^| .core.account/s/.common./& \`core\/link\`/" \
		"daemon/core/link is not below daemon/core/account" &&
	notices_change Documentation/architecture.md "/^| .core.path/s/.common./& \`core\/access\`/" \
		"daemon/core/path includes nothing of daemon/core/access" &&
	notices_change Documentation/architecture.md "/^| .control/s/system/& openssl/" \
		"daemon/control includes nothing of openssl" &&
	notices_change Documentation/architecture.md "/^| .core.base/d" "daemon/core/base: has no row" &&
	notices_change daemon/core/account/meson.build "s/, .daemon.core.base.//" \
		"daemon/core/account/meson.build: does not list daemon/core/base" &&
	notices_change daemon/core/account/meson.build "s/sees = \[/&${SQ}daemon\/core\/link${SQ}, /" \
		"daemon/core/account/meson.build: lists daemon/core/link"
'

# compiler_of <file>: how the build compiles it.
compiler_of () {
	awk -v file="$1" '
	/^ *"command":/ { command = $0 }
	/^ *"file":/ && index($0, "/" file "\"") { print command; exit }' "$BUILD/compile_commands.json" |
		sed -e 's/^ *"command": "//' -e 's/",* *$//' -e 's/\\\(.\)/\1/g' \
			-e 's/ -MD / /; s/ -M[QF] [^ ]*//g; s/ -o [^ ]*//'
}

# compiles <file> <header>: with this include before it, says what went wrong.
compiles () {
	local command

	command=$(compiler_of "$1") && test -n "$command" &&
	(cd "$BUILD" && eval "$command -fsyntax-only -include $2")
}

test_expect_success 'test -s "$BUILD/compile_commands.json"' 'nor does an include that points up compile' '
	while read -r file good bad
	do
		compiles $file $good && ! compiles $file $bad 2>errors && cat errors &&
		grep "$bad: No such file\|$bad. file not found" errors || return 1
	done <<-EOF
	common/frame.c buf.h bounds.h
	daemon/core/base/hashtable.c list.h presence.h
	daemon/core/link/record.c bounds.h negotiation.h
	daemon/core/path/path-selector.c record.h tls.h
	daemon/core/negotiation/service-request.c policy.h netaddr.h
	daemon/git/refs.c buf.h account.h
	EOF
'

test_expect_success 'each script is a test of the build' '
	for script in "$TOP"/t/t[0-9]*.sh
	do
		grep -q "[^a-z0-9-]$(basename "$script" .sh)[^a-z0-9-]" "$TOP/t/meson.build" || echo "$script"
	done >forgotten &&
	test_is_empty forgotten
'

test_done
