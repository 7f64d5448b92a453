#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the pages say and what there is are the same: paths, names of tests, functions and constants,
# commands with their options, usages, messages, limits, the numbers of records, what a trace
# and a log look like. A wrong claim is named with its page and line.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

pages="README.md $(cd "$TOP" && echo Documentation/*.md)"
export TOP
manuals=$(cd "$TOP" && echo Documentation/*.scd)
# Those in which every command stands in a block of its own kind.
guides='Documentation/hacking.md Documentation/releases.md'

# What there is, in files that the steps below read.
(
	cd "$TOP" || exit 1
	# Not what is built, whatever its directory is called.
	find . -path './build*' -prune -o -path ./.git -prune -o -type f -print |
	sed 's/^\.\///' | sort
) >files
grep -v -e '^Documentation/' -e '^README.md$' -e '^t/t0004-' files | sed "s|^|$TOP/|" | tr '\n' '\0' |
xargs -0 cat | tr -cs 'A-Za-z0-9_' '\n' | sort -u >words
tr A-Z a-z <words | sort -u >lower
sed -n "s/.*\[MSG_[A-Z_]*\] = { \"\([a-z-]*\)\",.*/\1/p" "$TOP/common/message.c" | sort >ids

# tokens: every word of the pages with its place, "page:line word". A folder that was measured
# once may be gone.
tokens () {
	(cd "$TOP" && awk '
	/^\| `[^`]*` \| [0-9]+ \| [0-9]+ \|/ { next }
	{
		line = $0
		gsub(/[^A-Za-z0-9_.\/*<>$~()-]+/, " ", line)
		n = split(line, word, " ")
		for (i = 1; i <= n; i++) {
			sub(/[.]+$/, "", word[i])
			print FILENAME ":" FNR " " word[i]
		}
	}' "$@")
}

# missing: prints what standard input has, and is false if that is anything.
missing () {
	sed "s/^/$1: /" >missing
	test_is_empty missing
}

is_file () {
	test -e "$TOP/$1"
}

# not_named: of "place path" lines those whose path is not in the tree, whole, or without
# folders in front of it where it does not begin with one of ours; * stands for anything.
not_named () {
	awk '
	NR == FNR {
		path = $0
		whole[path]
		for (part = path; sub(/\/[^\/]*$/, "", part); )
			whole[part]
		do
			tail[path]
		while (sub(/^[^\/]*\//, "", path))
		next
	}
	{
		path = $2
		sub(/^(\.\.\/)+/, "", path)
		sub(/\/$/, "", path)
		if (path ~ /[*]/)
			print | "while read -r at path; do ls -d \"$TOP\"/$path >/dev/null 2>&1 || echo $at $path; done"
		else if (path ~ /^(common|daemon|helper|t|\.ci|Documentation)\//) {
			if (!(path in whole))
				print
		} else if (!(path in tail) && !(("Documentation/" path) in whole))
			print
	}' "$TRASH/files" -
}

# not_in <list>: of "place word" lines those whose word is no line of the list.
not_in () {
	awk 'NR == FNR { there[$0]; next } !($2 in there)' "$1" -
}

# is_test <name>: of a unit test, a harness, a script, or a script in another setting.
is_test () {
	case $1 in
	u-*)
		is_file "t/unit/$1.c" || is_file "t/sim/$1.c" ;;
	fuzz-*)
		is_file "t/fuzz/${1#fuzz-}.c" ;;
	t[0-9]*)
		ls "$TOP"/t/"${1%.sh}".sh "$TOP"/t/"${1%-direct}".sh "$TOP"/t/"${1%-ejabberd}".sh \
			"$TOP"/t/"$1"-*.sh 2>/dev/null | grep -q . ;;
	sim | sim-long | explore)
		: ;;
	*)
		false ;;
	esac
}

# options_of <words>...: the options among them, without their values.
options_of () {
	printf '%s\n' "$@" | sed -n 's/^\(--*[a-zA-Z][a-zA-Z-]*\).*/\1/p'
}

# has_options <file> <words>...: a usage or manual in the file names each option.
has_options () {
	local usage option

	usage=$1
	shift
	for option in $(options_of "$@")
	do
		grep -q -e "[[:space:](\[]$option\([^a-z-]\|\$\)" "$usage" ||
		{ echo "no option $option"; return 1; }
	done
}

# meson_setup <words>...: options of the build are there.
meson_setup () {
	local word

	for word
	do
		case $word in
		-D*=*)
			word=${word#-D}
			grep -qx "${word%%=*}" "$TRASH/options" || { echo "no build option $word"; return 1; } ;;
		esac
	done
}

meson_test () {
	while test $# -gt 0
	do
		case $1 in
		-C)
			shift ;;
		--suite)
			grep -qx "$2" "$TRASH/suites" || { echo "no suite $2"; return 1; }
			shift ;;
		-*)
			meson test -h >"$TRASH/usage" && has_options "$TRASH/usage" "$1" || return ;;
		*)
			is_test "$1" || { echo "no test $1"; return 1; } ;;
		esac
		shift
	done
}

# built <program> <words>...: one of the build directory; run, where that takes a moment.
built () {
	local program

	program=$BUILD/${1#build/}
	test -e "$program" || { echo "$1 is not built"; return 1; }
	shift
	case $program in
	*/t/sim)
		# The same options, fewer seeds.
		"$program" $(printf '%s\n' "$@" | sed 's/^--count=.*/--count=3/') >/dev/null ;;
	*/t/explore)
		test $# -le 1 && { test -e "$TRASH/explored" || "$program" 0 >"$TRASH/explored"; } ;;
	*/t/fuzz/fuzz-*)
		"$program" "$@" >/dev/null ;;
	*/t/u-origin | */t/u-greed)
		test $# -eq 0 || "$program" "$@" | grep -q '^ok 1 ' ;;
	esac
}

# script <program> <words>...: one of ours, whose head has its usage.
script () {
	local program

	program=$1
	shift
	test -x "$TOP/$program" || { echo "$program is no program"; return 1; }
	sed -n '1,/^[^#]/p' "$TOP/$program" >"$TRASH/usage"
	has_options "$TRASH/usage" "$@" || return
	case $program in
	t/run)
		for word
		do
			case $word in
			-*) ;;
			*)
				is_test "$word" || { echo "no test $word"; return 1; } ;;
			esac
		done ;;
	t/mutate)
		for word
		do
			case $word in
			--only=*)
				grep -q "^mutation .*${word#*=}" "$TOP/t/mutate" || { echo "nothing for $word"; return 1; } ;;
			esac
		done ;;
	t/perf/run)
		for word
		do
			case $word in
			--only=*)
				"$TOP/t/perf/run" --list | grep -qx "${word#*=}" || { echo "nothing for $word"; return 1; } ;;
			esac
		done ;;
	esac
}

# verb <words>...: of git xmpp.
verb () {
	case ${1:-} in
	--version | -h)
		return ;;
	esac
	grep -qx -e "${1:-}" "$TRASH/verbs" || { echo "no verb '${1:-}'"; return 1; }
	git-xmpp "$1" -h >"$TRASH/usage"
	shift
	has_options "$TRASH/usage" "$@"
}

# command_is_good <line>: what it names is there, and does what is safe to do.
command_is_good () {
	local line

	line=${1%%  #*}
	set -f
	set -- $line
	set +f
	while :
	do
		case ${1:-} in
		[A-Z]*=*)
			grep -qx -e "${1%%=*}" "$TRASH/words" || { echo "nobody reads ${1%%=*}"; return 1; }
			shift ;;
		*)
			break ;;
		esac
	done
	case ${1:-} in
	meson)
		case ${2:-} in
		setup)
			meson_setup "$@" ;;
		test)
			shift 2
			meson_test "$@" ;;
		*)
			meson "$2" -h >"$TRASH/usage" && has_options "$TRASH/usage" "$@" ;;
		esac ;;
	ninja)
		: ;;
	build-fuzz/t/fuzz/libfuzz-*)
		is_file "t/fuzz/${1##*libfuzz-}.c" ;;
	build/*)
		built "$@" ;;
	t/* | .ci/run)
		script "$@" ;;
	sh | bash)
		is_file "$2" && has_options "$TOP/t/lib/test-lib.sh" "$@" ;;
	git)
		test "$2" != xmpp || { shift 2 && verb "$@"; } ;;
	git-xmpp-daemon)
		git-xmpp-daemon -h >"$TRASH/usage" && has_options "$TRASH/usage" "$@" ;;
	valgrind | gdb | tar | sha256sum | apt)
		for word
		do
			case $word in
			build/*)
				test -e "$BUILD/${word#build/}" || { echo "$word is not built"; return 1; } ;;
			esac
		done ;;
	*)
		echo "what is '${1:-}'?"
		return 1 ;;
	esac
}

# block <kind> <page>: the lines of its fenced blocks of this kind.
block () {
	awk -v kind="$1" '
	/^```/ { on = !on && $0 == "```" kind; next }
	on' "$TOP/$2"
}

# numbers: of standard input the constants of enums, "NAME value", those that are sums and products
# of numbers.
numbers () {
	sed -n 's/^[^A-Z]*\([A-Z][A-Z0-9_]*\) = \([0-9][0-9]*\( [-*+] [0-9][0-9]*\)*\) *[,;}].*/\1 \2/p' |
	while read -r name value
	do
		echo "$name $(($value))"
	done
}

test_expect_success 'every path and file that a page names is there' '
	tokens $pages $manuals | grep -v "[<>\$~()]" >all &&
	grep -E " (\.\./[^ ]|(common|daemon|helper|t|\.ci|Documentation)/[^ ]|[a-zA-Z][^ ]*\.(c|h|sh|md|scd|lua|awk|supp)$)" all |
	not_named >named &&
	sed -n "s/ build\// /p" all | while read -r at word
	do
		test -e "$BUILD/$word" || echo "$at build/$word"
	done >>named &&
	missing "not there" <named
'

test_expect_success 'every test that a page names is there' '
	tokens $pages | grep -E " (t[0-9]{4}(-[a-z-]+)?|(u|fuzz)-[a-z0-9-]+)$" | while read -r at word
	do
		is_test "$word" || echo "$at $word"
	done | missing "no such test"
'

test_expect_success 'what a page quotes of a test, that test says' '
	(cd "$TOP" && grep -noE "\`(t[0-9]{4}-[a-z-]+|u-[a-z]+)\`: \"[^\"]+\"" $pages) |
	sed "s/:\`\([^\`]*\)\`: \"\(.*\)\"/ \1 \2/" >quoted &&
	test_line_count -ge 10 quoted &&
	while read -r at name sentence
	do
		cat "$TOP"/t/$name.sh "$TOP"/t/unit/$name.c 2>/dev/null | grep -qF -e "$sentence" || echo "$at $name: $sentence"
	done <quoted | missing "not said"
'

test_expect_success 'every function and constant that a page names is in the sources' '
	tokens $pages | sed -n "s/ \([a-z_0-9]*\)()$/ \1/p" >named &&
	(cd "$TOP" && grep -noE "\`break [a-z_0-9]+\`" $pages) | sed "s/\`break \(.*\)\`/ \1/" >>named &&
	tokens $pages $manuals | grep -E " [A-Z][A-Z0-9]*_[A-Z0-9_]+$" >>named &&
	test_line_count -ge 20 named &&
	# What is an example, and what was tried and is not used.
	grep -vE " (thing_[a-z]+|splice)$" named | not_in words | missing "not in the sources"
'

# file_of <name>: the files of this name that are no test.
file_of () {
	(cd "$TOP" && ls "$1" 2>/dev/null || grep -E "^(common|daemon|helper)/(.*/)?$1\$" "$TRASH/files")
}

test_expect_success 'what a page says to be in a file is in that file' '
	(cd "$TOP" && cat $pages) | tr -s "\n " "  " |
	grep -oE "\`[a-z_]+\(\)\`[a-z ]* in \`[^\`]+\.[ch]\`" | sed "s/^\`\([^(]*\).* in \`\(.*\)\`/\1 \2/" >named &&
	sed -n "/| begins with | is | states are in |/,/^$/s/^| \`.*| \`\([^\`]*\)\` |$/enum \1/p" \
		"$TOP/Documentation/hacking.md" >>named &&
	test_line_count -ge 12 named &&
	while read -r word file
	do
		where=$(file_of "$file")
		test "$word" != enum || word="enum [a-z_]*(state|phase)"
		test -n "$where" && (cd "$TOP" && grep -qE "\b$word\b" $where) || echo "$word $file"
	done <named | missing "not in it"
'

test_expect_success 'every variable of the configuration that a page names is read' '
	(cd "$TOP" && grep -noiE "xmpp(Share|Follow)?\.(<[a-z]+>\.)?[a-z]+\b" $pages $manuals) |
	sed "s/:\([^:.]*\)\.\(.*\.\)*\([^.]*\)$/ \3/" | tr A-Z a-z | grep -vE " (c|h|md|account>)$" >named &&
	test_line_count -ge 20 named &&
	not_in lower <named | missing "read by nobody"
'

test_expect_success 'every message that a manual names is in the catalogue' '
	sed "1,/^# MESSAGES/d; /^# SECURITY/,\$d" "$TOP/Documentation/git-remote-xmpp.1.scd" |
	grep -E "^\*[a-z-]+\*(, \*[a-z-]+\*)*,?$" | grep -oE "[a-z-]+" >named &&
	tr "\n" " " <"$TOP/Documentation/git-xmpp.1.scd" |
	sed "s/.*come from this command alone: \(.*\)Members of.*/\1/" | tr -d "\n" | sed "s/\*verify\*\|\*queue\*\|\*cancel\*\|\*join\*\|\*invite\*\|\*unshare\*//g" | grep -oE "\*[a-z-]+\*" | tr -d "*" >>named &&
	(cd "$TOP" && cat $pages) | tr "\n" " " | grep -oE "messages? \`[a-z-]+\`" | sed "s/.* //" | tr -d "\`" >>named &&
	test_line_count -ge 65 named &&
	sort -u named | comm -23 - ids | missing "no such message"
'

test_expect_success 'every link leads to a page, and to a heading of it' '
	(cd "$TOP" && grep -noE "\]\([^)]*\)" $pages) | sed "s/](\(.*\))/\1/" | grep -v ":https*:" |
	while IFS=: read -r page line target
	do
		file=${target%%#*}
		file=$(dirname "$page")/${file:-$(basename "$page")}
		test -e "$TOP/$file" || { echo "$page:$line $target"; continue; }
		case $target in
		*"#"*)
			sed -n "s/^##* //p" "$TOP/$file" | tr A-Z a-z | sed -e "s/[^a-z0-9 _-]//g" -e "s/ /-/g" |
			grep -qx -e "${target#*#}" || echo "$page:$line $target" ;;
		esac
	done | missing "leads nowhere"
'

test_expect_success 'the commands of the guides name what there is, and run where that is safe' '
	meson introspect "$BUILD" --buildoptions | tr "{" "\n" | sed -n "s/.*\"name\": \"\([^\"]*\)\".*/\1/p" >options &&
	meson introspect "$BUILD" --tests | grep -oE "git-remote-xmpp:[a-z]+" | sed "s/.*://" | sort -u >suites &&
	git-xmpp -h | sed -n "s/^    \([a-z][a-z]*\) .*/\1/p" >verbs &&
	for page in $guides
	do
		block sh $page
	done | grep . >commands &&
	test_line_count -ge 40 commands &&
	while read -r line
	do
		(cd "$TRASH" && command_is_good "$line") >why 2>&1 </dev/null || echo "$line: $(tail -n 1 why)"
	done <commands | missing "no such command"
'

test_expect_success 'the table of suites has each of them' '
	sed -n "/^| suite |/,/^$/s/^| \`\([a-z]*\)\` .*/\1/p" "$TOP/Documentation/hacking.md" | sort >actual &&
	test_cmp suites actual
'

test_expect_success 'so do those of the other pages and of the manuals' '
	(cd "$TOP" && grep -hE "^(    )?([a-z]+\\$ *)?(git xmpp|build/t|t|\.ci)[ /][^ ]" $pages $manuals) |
	sed -e "s/^ *//" -e "s/^[a-z]*\\$ *//" | grep -vE "^t/[a-z0-9/*-]*( [^-]|$)" >commands &&
	test_line_count -ge 30 commands &&
	while read -r line
	do
		(cd "$TRASH" && command_is_good "$line") >why 2>&1 </dev/null || echo "$line: $(tail -n 1 why)"
	done <commands | missing "no such command"
'

test_expect_success 'the synopsis has every verb and no other' '
	sed "1,/^# SYNOPSIS/d; /^# DESCRIPTION/,\$d" "$TOP/Documentation/git-xmpp.1.scd" >synopsis &&
	awk "
	sub(/^[*]git xmpp /, \"\") {
		match(\$0, /^[a-z]+/)
		print substr(\$0, 1, RLENGTH)
		\$0 = substr(\$0, RLENGTH + 1)
		while (match(\$0, /^[*]? [|] [*][a-z]+/)) {
			said = substr(\$0, 1, RLENGTH)
			sub(/.*[*]/, \"\", said)
			print said
			\$0 = substr(\$0, RLENGTH + 1)
		}
	}" synopsis | sort -u >actual &&
	sort verbs >expect &&
	test_cmp expect actual
'

# part_of <verb>: what the manual has of it, or of several, and its line of the synopsis.
part_of () {
	awk -v verb="$1" '
	/^# / { on = 0 }
	/^## / { on = $0 ~ "[ ,]" verb "(,|$)" }
	on' "$TOP/Documentation/git-xmpp.1.scd"
	grep -E "[*]git xmpp $1( |\*)|\| \*$1\*" synopsis
}

# usages_of <part>: those of all verbs of its heading.
usages_of () {
	for verb in $(sed -n "s/^## //p" "$1" | tr -d ,)
	do
		git-xmpp $verb -h
	done
}

test_expect_success 'each verb has the options that its usage and the manual say' '
	while read -r verb
	do
		git-xmpp $verb -h >usage
		part_of $verb >part
		usages_of part >usages
		grep -q "^## " part || echo "$verb: no part of the manual"
		for option in $(grep -oE -e "(^|[^a-z-])--?[a-z][a-z-]*" usage | grep -oE -e "--?[a-z-]+" | sort -u)
		do
			grep -q -e "$option\b" part || echo "$verb: the manual does not have $option"
		done
		for option in $(grep -oE -e "^\*--?[a-z][a-z-]*" part | tr -d "*" | sort -u)
		do
			grep -q -e "$option\b" usages || echo "$verb: the usage does not have $option"
		done
	done <verbs | missing "not alike"
'

test_expect_success 'the manuals of the broker and the helper have the options that these have' '
	for option in $(git-xmpp-daemon -h | grep -oE -e "--[a-z-]+")
	do
		grep -q -e "^\*$option" "$TOP/Documentation/git-xmpp-daemon.1.scd" || echo "git-xmpp-daemon $option"
	done | missing "not in the manual" &&
	sed -n "s/^\*\(--[a-z-]*\).*/\1/p" "$TOP/Documentation/git-xmpp-daemon.1.scd" | while read -r option
	do
		grep -q -e "\"${option#--}\"" "$TOP/daemon/broker/main.c" || echo "git-xmpp-daemon $option"
	done | missing "not in the program"
'

test_expect_success 'a constant whose number a page says has that number' '
	grep -E "\.[ch]$" files | sed "s|^|$TOP/|" | tr "\n" "\0" | xargs -0 cat | numbers >numbers &&
	(cd "$TOP" && grep -noE "\`[A-Z][A-Z0-9_]+\` \([0-9]+\)" $pages) |
	sed "s/:\`\(.*\)\` (\(.*\))/ \1 \2/" >named &&
	test_line_count -ge 2 named &&
	while read -r at name value
	do
		grep -qx "$name $value" numbers || echo "$at $name $value"
	done <named | missing "another number"
'

test_expect_success 'the table of records is that of the code' '
	sed -n "/^enum record_type/,/^}/s/^.*RECORD_\([A-Z_]*\) = \([0-9]*\).*/\2 \1/p" \
		"$TOP/daemon/core/link/record.h" | grep -v SKIPPED | tr _ - | sort -n >expect &&
	sed -n "s/^| \([0-9]*\) | [0n] | \([A-Z-]*\) |.*/\1 \2/p" "$TOP/Documentation/protocol.md" | sort -n >actual &&
	test_cmp expect actual
'

# literals <record> <pattern> <file>...: what a call that says a reason of the record is given.
literals () {
	local record pattern

	record=$1 pattern=$2
	shift 2
	cat "$@" | tr "\n\t" "  " | grep -oE "$pattern" |
	sed -n "s/.*\"\([a-z-]*\)\"[^\"]*\$/$record \1/p"
}

# said: each reason that the code gives as a word of its own.
said () {
	cd "$TOP/daemon/core" || return
	literals CLOSE 'channel_close\([^;{"]*"[a-z-]+"' negotiation/*.c transfer/*.c
	literals CLOSE 'git_service_end_early\([^;{"]*"[a-z-]+"' transfer/*.c
	literals CLOSE 'put_close\([^;{"]*"[a-z-]+"' link/*.c
	literals REFUSE 'neg_refuse\([^;{"]*"[a-z-]+"' negotiation/*.c
	literals REFUSE 'refuse\(all, [^;{"]*"[a-z-]+"' transfer/*.c
	literals REFUSE 'RECORD_REFUSE, "reason", "[a-z-]+"' negotiation/*.c
	literals REFUSE ' reason = "[a-z-]+"' negotiation/neg-responder.c
	literals WITHDRAW 'neg_withdraw\([^;{"]*"[a-z-]+"' negotiation/*.c transfer/*.c
	literals WITHDRAW 'RECORD_WITHDRAW, "reason", "[a-z-]+"' negotiation/*.c
	literals BYE 'link_end\(l, "[a-z-]+", true' link/*.c
	literals BYE 'peer_end\(p, "[a-z-]+"' peer/*.c
	literals BYE 'meeting_end\([^;{"]*"[a-z-]+"' contacts/*.c peer/comparison.c
	literals BYTESTREAM 'say_failed\([^;{"]*"[a-z-]+"' peer/*.c
	literals BYTESTREAM 'refusal = "[a-z-]+"' peer/connector-attempts.c
	literals PUNCH 'refuse_punch\([^;{"]*"[a-z-]+"' peer/*.c
	literals PUNCH ' fail\(p, "[a-z-]+"' path/punch.c
}

# reasons: those of protocol.md.
reasons () {
	sed -n '/^### Reasons/,/^##* [^R]/s/^| \([A-Z]*\) | \([a-z-]*\) |.*/\1 \2/p' "$TOP/Documentation/protocol.md"
}

test_expect_success 'the registry has each reason that is said, and no other' '
	reasons | sort >listed && test_line_count -ge 50 listed && sort -u listed | test_cmp listed - &&
	(said) | sort -u >spoken && test_line_count -ge 25 spoken &&
	comm -13 listed spoken | missing "not in the registry" &&
	while read -r record reason
	do
		grep -rqF "\"$reason\"" "$TOP/daemon" || echo "$record $reason"
	done <listed | missing "nobody says"
'

# A constant, the unit in which the page says it, and how.
cat >limits <<\END
LINK_UNACKED_FIRST 1048576 one link: % MiB to be sent again
LINK_UNACKED_MAX 1048576 up to % MiB where the path holds so much
LINK_CONTROL_QUEUE_MAX 1 holds so much, % control records
LINK_PING_TIMEOUT 1000 silence of a path after a ping | % s
LINK_PROBE_TIMEOUT 1000 % s where there was reason to doubt the path
LINK_HELLO_TIMEOUT 1000 a HELLO | % s
LINK_SUSPEND_MAX 60000 a link without a path (`xmpp.pathTimeout`) | % minutes
LINK_IDLE_CLOSE 60000 a link without use | % minutes
CHANNELS_PER_LINK 1 % channels, each
CHANNEL_WINDOW 1024 each % KiB towards git
CHANNEL_STDERR_MAX 1024 % KiB of standard error
CHANNELS_EXTRA_MAX 1048576 % MiB more towards git
NEGOTIATIONS_PER_DEVICE 1 % negotiations
NEG_ENDED_KEPT 1 % ids of ended negotiations
NEG_ANSWER_TIMEOUT 1000 an answer to can-push or push-request | % s
NEG_START_TIMEOUT 1000 to take its channel | % s
NEG_ACCEPT_TIMEOUT 1000 to take its channel | % s
TCP_CONNECT_TIMEOUT 1000 a TCP connection | % s
TCP_HANDSHAKE_TIMEOUT 1000 a handshake | % s
TCP_LINGER_TIMEOUT 1000 over TCP | % s
OUTCOMES_MAX 1 of % outcomes of pushes
OUTCOME_TAIL_MAX 1024 % KiB each, for 10 minutes
UNSETTLED_MAX 1 % that are to be asked for
ANNOUNCE_AT_ONCE 1 % tellings at once
SHARES_MAX 1 which of % shares it has been told of
FOLLOWS_MAX 1 tips of % followed shares
FOLLOW_TURNS_MAX 1 of % that buddies share
FOLLOW_BACKOFF_FIRST 1000 pause of % s, doubled up to 30 minutes
FOLLOW_SILENCE 60000 without progress for % minutes
QUEUE_UPDATES_MAX 1 entries of % refs
QUEUE_MAX 1 % entries of 128 refs
QUEUE_EXPIRY 86400 128 refs, for % days
STANZA_ELEMENTS_MAX 1 % elements, 64 deep
STANZA_DEPTH_MAX 1 elements, % deep
STANZA_ATTRIBUTES_MAX 1 % attributes each
STANZA_NAME_MAX 1024 names of % KiB
STANZA_WEIGHT_MAX 1048576 a stanza of % MiB in memory
STANZA_SIZE_MAX 1048576 % MiB on the wire
STANZA_DEPTH_CUT 1 % deep; a tag of
STANZA_TAG_MAX 1048576 a tag of % MiB
STANZA_RESCAN_MAX 1048576 for % MiB in all if it comes in pieces
STREAM_HEADER_MAX 1024 % KiB before the stream begins
STREAM_PARSER_MAX 1048576 % MiB until its parser is replaced
IBB_MAX 1 half of the %, a domain
IBB_STANZAS_MAX 1 % unanswered stanzas each
IBB_URGENT 1 of which one of % bytes may
IBB_TAKEN_UNFINISHED 1 % blocks that it sends
IBB_STANZAS_UNFINISHED 1 % under way to it
MEETING_TIME 1000 one for each path, of % s
MEETING_RECORDS_MAX 1 and % records; 5
COMPARISONS_AT_ONCE 1 % comparisons at once
COMPARISON_PAUSE 1000 at once, then one in % s, of which
COMPARISON_KEPT 60000 is kept for % minutes, 256
COMPARISONS_MAX 1 10 minutes, % in all
ACCEPTORS_PER_DEVICE 1 % paths over TCP without a HELLO
ANSWERS_TO_BUDDIES 1 % places for 4 s each
ANSWERS_TO_STRANGERS 1 % places for 8 s each
ANSWERED_ID_MAX 1 an id of more than % bytes
ANSWERED_STRANGER_MAX 1 a JID of more than %
BUDDIES_MAX 1 a name in the table, % in all
DEVICES_PER_BUDDY 1 up to % keys
AWAY_PER_BUDDY 1 Of each buddy % full JIDs
PENDING_DEVICES_MAX 1 % entries, for seven days
STRANGERS_MAX 1 all of them %, a domain half
EXPECTATION_MAX 86400 one, for % days
BLOCKLIST_MAX 1 % addresses
SERVICES_MAX 1 of % git processes
SERVICE_SILENT 1000 silent both ways for % s
STOP_PATIENCE 1000 that stops waits % s
DRAIN_PATIENCE 1000 lets transfers go on for % s
GIT_CPU_MAX 3600 % hours of a processor
CLIENTS_MAX 1 % programs at once
LOG_BURST 1 % lines at once
LOG_EVERY 1000 then one in % s
EVENTS_BURST 1 % events, a tenth of what it keeps
LOG_PARTIES_MAX 1 % of them, others than buddies
LOG_FILE_MAX 1048576 `daemon.log` % MiB, twice
JOURNAL_MAX 1048576 `events` % MiB, twice
LISTENER_UNAUTHENTICATED_MAX 1 one of % places for
CANDIDATES_MAX 1 % addresses and one pass
PASS_WINDOW 1 the last % uses of the pass
OFFERS_AT_ONCE 1 % offers of a bytestream at once
OFFER_COST 1000 at once, then one in % s
TURNS_PER_BUDDY 1 in a repository, % in all
WITNESS_REFS 1 and % refs of a transfer
TWINS_MAX 1 % full JIDs, each asked once
SRV_TARGETS_MAX 1 % SRV records
SRV_TARGET_ADDRESSES_MAX 1 % addresses of each host
REDIRECTIONS_MAX 1 % times in a round
S5B_PROXY_ITEMS_MAX 1 % items, 4 asked
S5B_PROXIES_MAX 1 once a login; % proxies
IQ_OWN_PLACES 1 and % places beside them
HIGH_WATER 1024 % KiB encrypted and not yet written
HELD_MAX 1 for each, % processes
END

cat >wire <<\END
LINK_ACK_BYTES 1024 after % KiB, or after
LINK_ACK_DELAY 1 or after % ms
LINK_PING_BUSY 1000 heard nothing for % s, an idle
LINK_PING_IDLE 1000 an idle one after % s
LINK_PING_TIMEOUT 1000 % s of silence after that
LINK_PROBE_TIMEOUT 1000 asks at once and waits % s
LINK_COLLISION_MAX 1000 had no answer for % s
LINK_UNACKED_FIRST 1048576 % MiB may be on its way
LINK_UNACKED_MAX 1048576 as much, up to % MiB
LINK_CONTROL_QUEUE_MAX 1 more than % control records are not acknowledged
PATH_SELECTOR_PROXY_AFTER 1 had % ms. When a path dies
PATH_SELECTOR_INBAND_MAX 1000 nothing waits longer than % s
PATH_SELECTOR_STEADY 1000 A path that lived less than % s
PATH_SELECTOR_STALL 1000 brought nothing on for % s
PATH_SELECTOR_HOLE_FIRST 1000 after % s, doubled each time
PATH_SELECTOR_ANEW 1000 was tried in the last % s
KEEPALIVE_TAIL_PROBE 1 after % ms.
OFFERS_AT_ONCE 1 Offers beyond %
OFFER_COST 1000 or one in % s after those
CHANNEL_WINDOW 1024 begins with a credit of % KiB
CHANNEL_WINDOW_MAX 1048576 more CREDIT: up to % MiB
CHANNELS_EXTRA_MAX 1048576 by % MiB for all channels
CHANNEL_STDERR_MAX 1024 at most % KiB in all
WHOLE_IN 1 within % round trips
NEG_DEFER_RENEW 1000 said again every % s
NEG_IDLE_PUSH 1000 says nothing for % s (a pre-push
NEG_START_NOTICE 1000 takes longer than % s
ANNOUNCE_TIPS_MAX 1 at most %; `cut`
IBB_BLOCK 1 at most % bytes, so that
IBB_BLOCK_MIN 1 `block-size` below %
IBB_STANZAS_MAX 1 at most % blocks and
IBB_IN_FLIGHT_MAX 1024 blocks and % KiB
IBB_URGENT 1 and at most % bytes. A
CONGESTION_TARGET 1 queue at about % ms
FRAME_WINDOW 1024 within the credit of % KiB
HANDSHAKE_MAX 1 bytes of a handshake, each way | %
HELLO_MAX 1 bytes of a hello that has to prove a pass | %
END

# claims <list> <page>: each constant of the list is in the page as the list says it, maybe as 1,024.
claims () {
	tr -s "\n " "  " <"$TOP/Documentation/$2" >said
	awk '
	function grouped(n) {
		while (match(n, /[0-9][0-9][0-9][0-9](,|$)/))
			n = substr(n, 1, RSTART) "," substr(n, RSTART + 1)
		return n
	}
	function says(phrase, n) {
		sub(/%/, n, phrase)
		return index(page, phrase)
	}
	FILENAME == "numbers" {
		if (!($1 in value))
			value[$1] = $2
		next
	}
	FILENAME == "said" {
		page = page $0
		next
	}
	!($1 in value) {
		print $1 ": no such constant"
		next
	}
	{
		name = $1
		n = value[name] / $2
		sub(/^[^ ]* [^ ]* /, "")
		if (n != int(n) || (!says($0, n) && !says($0, grouped(n))))
			print name ": \"" $0 "\" with " n
	}' numbers said "$1" | missing "not in $2"
}

test_expect_success 'the limits are those of the code' '
	claims limits limits.md
'

test_expect_success 'so are the times and sizes of the protocol' '
	claims wire protocol.md
'

test_expect_success 'the picture has every folder of the broker, and no other' '
	sed -n "/^ *decides  *│ /,/^ *common /p" "$TOP/Documentation/architecture.md" >picture &&
	{ sed -n "s/^     \([a-z][a-z]*\) .*/core\/\1/p" picture; sed -n "s/.*│  \([a-z]*\) .*/\1/p" picture; echo core; } |
	grep -v "^$" | sort >actual &&
	(cd "$TOP/daemon" && find . -mindepth 1 -maxdepth 2 -type d ! -name init) | sed "s/^\.\///" | sort >expect &&
	test_cmp expect actual
'

test_expect_success 'the version of the programs, of the build and of the news is one' '
	version=$(sed -n "s/^ *version: .\([0-9.]*\).,/\1/p" "$TOP/meson.build") &&
	test "$(git-xmpp --version)" = "git-xmpp $version" &&
	test "$(git-xmpp-daemon --version)" = "git-xmpp-daemon $version" &&
	grep -q "^## $version\b" "$TOP/Documentation/NEWS.md"
'

test_expect_success 'no line of prose has more than 100 columns' '
	(cd "$TOP" && LC_ALL=C.UTF-8 grep -nE "^.{101}" $pages) | grep -vE ":[0-9]+:(\||- \`|    )" |
	sed "s/\(.\{60\}\).*/\1/" | missing "too long"
'

# pattern: a line of a page as a regular expression; what stands for anything, or differs each
# time, matches anything.
pattern () {
	sed -e 's/[][\.*^$+?(){}|]/\\&/g' -e 's/<[a-z]*>/.+/g' -e 's/\bb[0-9]\b/b[0-9]/g' \
		-e "s/'project'/'[a-z]+'/" -e 's/u[0-9]@sim/u[0-9]@sim/'
}

test_expect_success 'a trace of the simulator has lines like those of the page' '
	"$BUILD/t/sim" --first=1 --count=60 --trace | sed "s/^ *[0-9]*  //" >traced &&
	block trace Documentation/hacking.md | pattern >patterns &&
	test_line_count -ge 8 patterns &&
	while read -r line
	do
		grep -qxE -e "$line" traced || echo "$line"
	done <patterns | missing "in no trace"
'

# Where both open a path it may be bob's that stays, and he has news for alice whenever she comes.
# Then they begin anew, and alice waits for bob; what she asks then goes ahead of the link, so she
# asks once more.
alice_opens () {
	grep -q "link handshake -> up, new" log/alice && return
	stop_broker alice && stop_broker bob && start_broker alice GIT_XMPP_TRACE=1 &&
	background alice git -c xmpp.wait=60 ls-remote xmpp::bob@localhost/project >refs &&
	start_broker bob && wait_for 60 gone $job
	grep -q "link handshake -> up, new" log/alice &&
	as alice git ls-remote xmpp::bob@localhost/project >refs
}

ended_last () {
	sed -n "/link handshake -> up, new/,\$p" log/alice | grep -q "open -> ended, its channel"
}

test_expect_success have_server 'a broker that is well says what the page says, in that order' '
	start_server alice bob && setup_user alice && setup_user bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob && pair alice bob &&
	git init -q --bare bob/project.git &&
	as bob git xmpp share bob/project.git --name=project --fetch=alice@localhost &&
	as alice git ls-remote xmpp::bob@localhost/project >refs && wait_for 60 alice_opens &&
	wait_for 10 ended_last &&
	sed "s/^[^ ]*Z //" log/alice >said &&
	block log Documentation/hacking.md | pattern >patterns &&
	test_line_count -ge 12 patterns &&
	at=0 &&
	while read -r line
	do
		more=$(tail -n +$((at + 1)) said | grep -nxE -m 1 -e "$line") || { echo "$line"; continue; }
		at=$((at + ${more%%:*}))
	done <patterns | missing "not said, or not there"
'

# inner_command: what the page runs to find the process that gdb is to attach to.
inner_command () {
	block sh Documentation/hacking.md | sed -n 's/^gdb -p "$(\(.*\))"$/\1/p'
}

test_expect_success have_server 'its process is found as the page says, and its log, when it was started again with a trace' '
	inner_command >pipe && test_line_count -eq 1 pipe &&
	test "$(as alice sh ./pipe)" = "$(broker_pid alice)" &&
	as alice env GIT_XMPP_TRACE=1 git xmpp daemon restart &&
	as alice git xmpp status --wait &&
	grep " xmpp alice@localhost: off -> resolving" alice/.state/git-xmpp/daemon.log &&
	as alice git xmpp daemon stop && stop_broker bob
'

test_done
