#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stanzas that are too deep, too large or too clever: from a false server, which
# may say anything, and from a stranger, through a server that passes it on.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-lying.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

stream="<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0'
	xmlns:stream='http://etherx.jabber.org/streams' from='localhost'>"
starttls="<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"

# meets <prefix>: until a probe that logs in there prints a line that begins so; which lines
# there were is in out, how much memory it took at most, in kB, in $peak.
meets () {
	"$BUILD/t/xmpp-probe" --server "127.0.0.1:$odd_port" --timeout 60 --until "$1" --tell-memory \
		alice@localhost "$PASSWORD" >out 2>>"$TRASH/log/probe" || return
	peak=$(sed -n 's/^memory //p' out)
	cat out
}

# bounded <kB>: more for the sanitizer, which keeps what was freed.
bounded () {
	test "$peak" -lt $(($1 + $(sanitized && echo 400000 || echo 0)))
}

# open_alice: with the probe of t1000 in the background.
open_alice () {
	rm -f alice.in
	mkfifo alice.in || return
	"$BUILD/t/xmpp-probe" --server "127.0.0.1:$prosody_port" --timeout 900 --tell-memory \
		--ca-file "$TRASH/prosody/localhost.crt" alice@localhost "$PASSWORD" \
		<alice.in >alice.out 2>>"$TRASH/log/probe.alice" &
	alice=$!
	started $alice
	exec 8<>alice.in
	wait_for 20 grep -q "^state online" alice.out
}

# alice_answers <id> [<seconds>]: a question that a stranger asks after all they said.
alice_answers () {
	chat_send "<iq type='get' id='$1' to='alice@localhost/git.probe'><ping xmlns='urn:xmpp:ping'/></iq>" &&
	wait_for "${2:-10}" grep -q "id='$1'" "$TRASH/log/chat" &&
	! grep "^state offline" alice.out
}

# computes_long: the loop of alice's did, for half a second or more at once, since the last look.
computes_long () {
	sed "1,${looked:-0}d" alice.out >since
	looked=$(wc -l <alice.out)
	awk '/^stall/ { print } /^stall/ && $3 >= 500 { long = 1 } END { exit !long }' since
}

# repeat <times> <text>
repeat () {
	awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", text }'
}

to="to='alice@localhost/git.probe'"

test_expect_success 'a false server: 90,000 elements within each other are borne' '
	odd_server "$stream" --more --times=90000 "<a>" --more --times=90000 "</a>" --more "$starttls" "</bad>" &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*not XML" out &&
	bounded 65000
'

test_expect_success '... without an end the connection is' '
	odd_server "$stream" --more --times=1000000 "<a>" &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*127.0.0.1:$odd_port: the server sent a stanza that is too deep" out &&
	bounded 65000
'

test_expect_success 'a tag of 1.5 MB' '
	odd_server "$stream<a b='\''" --more --times=1500000 x --more "'\''/>" &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*the server sent a stanza that is too large" out &&
	bounded 65000
'

test_expect_success '300 MB of text, of elements, of attributes: in bounded memory' '
	for piece in x "<a/>" "<a b='\''c'\''/>" "&#60;" "&lt;
"
	do
		odd_server "$stream<message from='\''bob@localhost'\''>" --more --times=$((300000000 / ${#piece})) "$piece" &&
		meets "state offline" &&
		grep "^state offline server-unreachable: .*the server sent a stanza that is too large" out &&
		bounded 100000 || return
	done
'

test_expect_success 'a header of the stream that does not end, or says too much' '
	odd_server "<stream:stream a='\''" --more --times=100000000 x &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*began the stream with a header that is too large" out &&
	odd_server "<stream:stream xmlns='\''jabber:client'\'' xmlns:stream='\''http://etherx.jabber.org/streams'\'' $(
		awk "BEGIN { for (i = 0; i < 100; i++) printf \"a%d='\''x'\'' \", i }")>" &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*began the stream with a header that is too large" out
'

test_expect_success 'a document type, and entities that grow' '
	odd_server "<?xml version='\''1.0'\''?><!DOCTYPE a [<!ENTITY a '\''aaaaaaaaaa'\''><!ENTITY b '\''$(repeat 1000 "&a;")'\''>]>$stream" &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*the server sent a document type, which XMPP forbids" out
'

test_expect_success 'what is not XML, for as long as it likes' '
	odd_server "$stream<a></b>" --more --times=100000000 "<<" &&
	meets "state offline" &&
	grep "^state offline server-unreachable: .*the server sent what is not XML" out &&
	bounded 65000
'

test_expect_success 'a server that does so each time is not asked all the time' '
	odd_server "$stream<a></b>" &&
	: >"$TRASH/log/probe" &&
	! "$BUILD/t/xmpp-probe" --server "127.0.0.1:$odd_port" --timeout 8 \
		alice@localhost "$PASSWORD" >out 2>>"$TRASH/log/probe" &&
	test "$(grep -c "^state connecting" out)" -le 4
'

test_expect_success 'a server that passes on whatever it gets' '
	prosody_more="c2s_stanza_size_limit = 16 * 1024 * 1024" &&
	start_prosody alice bob &&
	open_alice &&
	chat_login bob &&
	alice_answers first
'

test_expect_success 'a stranger cannot end the connection by depth' '
	deep="<message $to>$(repeat 95000 "<a>")$(repeat 95000 "</a>")</message>" &&
	chat_send "$deep" && chat_send "$deep" &&
	alice_answers deep 30
'

test_expect_success '... such a question is answered, as one that is not understood' '
	chat_send "<iq type='\''get'\'' id='\''deepping'\'' $to><ping xmlns='\''urn:xmpp:ping'\''>$(
		repeat 100 "<a>")$(repeat 100 "</a>")</ping></iq>" &&
	wait_for 10 grep "id='\''deepping'\''" "$TRASH/log/chat" &&
	grep -o "<iq[^>]*id='\''deepping'\''[^>]*>" "$TRASH/log/chat" | grep "type='\''error'\''"
'

test_expect_success '... nor have it take memory by a namespace that children inherit' '
	chat_send "<message $to><x xmlns='\''$(repeat 1000 "urn:long:")'\''>$(
		repeat 60000 "<a/>")</x></message>" &&
	alice_answers inherited 30
'

test_expect_success '... nor time by newlines' '
	computes_long
	chat_send "<message $to><body>$(repeat 500000 "
")</body></message>" &&
	alice_answers lines 30 &&
	{ sanitized || ! computes_long; }
'

resident_now () {
	sed -n "s/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$alice/status"
}

test_expect_success '... nor memory by names that were never used before' '
	for round in 1 2 3 4 5 6 7 8 9 10 11
	do
		# A parser is full by then, whatever a name costs it.
		test $round -ne 5 || before=$(resident_now)
		chat_send "<message $to>$(awk -v r=$round "BEGIN { for (i = 0; i < 30000; i++) printf \"<n%dx%d/>\", r, i }")</message>" &&
		alice_answers "names$round" 30 || return
	done &&
	after=$(resident_now) &&
	echo "before $before kB, after $after kB" &&
	{ sanitized || test $((after - before)) -lt 12000; }
'

test_expect_success '... nor the connection by a stanza that is as large as servers pass on' '
	chat_send "<message $to a='\''$(repeat 500000 x)'\''/>" &&
	chat_send "<message $to><body>$(repeat 1000000 x)</body></message>" &&
	chat_send "<message $to>$(repeat 120000 "<a/>")</message>" &&
	alice_answers large 30 &&
	echo quit >&8 && wait_for 5 gone $alice && wait $alice &&
	peak=$(sed -n "s/^memory //p" alice.out) && bounded 120000
'

test_done
