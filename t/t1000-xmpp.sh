#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The account, without a broker around it: logging in, what is said when that
# fails, coming back, seeing each other.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

# probe <user> <option>...: runs until it ends; what happened is in out.
probe () {
	local user

	user=$1
	shift
	"$BUILD/t/xmpp-probe" --server "127.0.0.1:$prosody_port" \
		--ca-file "$TRASH/prosody/localhost.crt" "$@" \
		"$user@localhost" "$PASSWORD" >out 2>>"$TRASH/log/probe"
}

# open_probe <user>: in the background; tell it with say, read <user>.out.
open_probe () {
	rm -f "$1.in" "$1.out"
	mkfifo "$1.in" || return
	"$BUILD/t/xmpp-probe" --server "127.0.0.1:$prosody_port" --timeout 100 \
		--ca-file "$TRASH/prosody/localhost.crt" "$1@localhost" "$PASSWORD" \
		<"$1.in" >"$1.out" 2>>"$TRASH/log/probe.$1" &
	eval "probe_$1=$!"
	started $!
	# Open for both, so that it neither blocks here nor ends with this line.
	case $1 in
	alice) exec 7<>"$1.in" ;;
	bob) exec 8<>"$1.in" ;;
	esac
	seen "$1" 'state online'
}

say () {
	case $1 in
	alice) echo "$2" >&7 ;;
	bob) echo "$2" >&8 ;;
	esac
}

# seen <user> <line>: its probe has printed a line that begins so.
seen () {
	wait_for 20 grep -q "^$2" "$1.out"
}

# how_often <user> <line>
how_often () {
	grep -c "^$2" "$1.out" || :
}

# seen_times <user> <line> <times>
seen_times () {
	test "$(how_often "$1" "$2")" -ge "$3"
}

probe_pid () {
	eval "echo \$probe_$1"
}

close_probe () {
	say "$1" quit && wait_for 4 gone "$(probe_pid "$1")" && wait "$(probe_pid "$1")"
}

# stood_still_for_seconds <output>: the loop did; a busy machine alone takes less.
stood_still_for_seconds () {
	grep "^stall [0-9][0-9][0-9][0-9]" "$1"
}

# odd_server <text>...: its port is in $odd_port.
odd_server () {
	rm -f odd.port
	"$BUILD/t/odd-server" "$@" >odd.port &
	started $!
	wait_for 5 test -s odd.port && odd_port=$(cat odd.port)
}

stream="<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0'
	xmlns:stream='http://etherx.jabber.org/streams' from='localhost'>"

prosody_blocklist=yes

test_expect_success 'a server for alice and bob' '
	start_prosody alice bob
'

test_expect_success 'an account is connecting, settling, online' '
	probe alice --until "state online" &&
	printf "state %s\n" connecting settling online >expect &&
	grep -v "^stall" out >states && test_cmp expect states
'

test_expect_success 'a wrong password is found out at once, and the reason told' '
	PASSWORD=wrong probe alice --timeout 20 --until "state failed" &&
	grep "^state failed auth-failed: .*alice@localhost.*not-authorized" out
'

test_expect_success 'a certificate of another authority is refused' '
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=localhost -keyout other.key -out other.crt &&
	probe alice --ca-file other.crt --timeout 20 --until "state failed" &&
	grep "^state failed cert-invalid: .*localhost.*self-signed" out
'

test_expect_success 'a file of authorities that is not there is no reason to trust' '
	probe alice --ca-file nothing --timeout 20 --until "state failed" &&
	grep "^state failed cert-unchecked" out
'

test_expect_success 'a port where nobody listens: which one, and why' '
	port=$("$BUILD/t/free-port") &&
	probe alice --server "localhost:$port" --timeout 20 --until "state offline" &&
	grep "^state offline server-unreachable: .*127.0.0.1:$port: Connection refused" out
'

test_expect_success 'a name that does not resolve' '
	probe alice --server host.invalid --timeout 15 --until "state offline" &&
	grep "^state offline server-unreachable: .*cannot resolve .*host.invalid" out
'

test_expect_success 'a server without TLS never sees the password' '
	odd_server "$stream<stream:features><mechanisms xmlns='\''urn:ietf:params:xml:ns:xmpp-sasl'\''>
		<mechanism>PLAIN</mechanism></mechanisms></stream:features>" &&
	probe alice --server "127.0.0.1:$odd_port" --timeout 20 --until "state offline" &&
	grep "^state offline no-tls: " out
'

test_expect_success 'an empty stream error is an error, not a crash' '
	odd_server "$stream<stream:error/></stream:stream>" &&
	probe alice --server "127.0.0.1:$odd_port" --timeout 20 --until "state offline" &&
	grep "^state offline server-unreachable: .*ended the stream" out
'

test_expect_success 'a server that says nothing is given up after 15 seconds' '
	odd_server "" &&
	probe alice --server "127.0.0.1:$odd_port" --timeout 20 --until "state offline" &&
	grep "^state offline server-unreachable: .*no answer in time" out &&
	! stood_still_for_seconds out
'

test_expect_success 'one that falls silent in the TLS handshake stops nobody' '
	odd_server "$stream<stream:features><starttls xmlns='\''urn:ietf:params:xml:ns:xmpp-tls'\''/>
		</stream:features>" "<proceed xmlns='\''urn:ietf:params:xml:ns:xmpp-tls'\''/>" &&
	probe alice --server "127.0.0.1:$odd_port" --timeout 20 --until "state offline" &&
	grep "^state offline server-unreachable: .*TLS handshake failed" out &&
	! stood_still_for_seconds out
'

test_expect_success 'two users become buddies and see each other come' '
	open_probe alice && open_probe bob &&
	say alice "subscribe bob@localhost" &&
	seen bob "subscription alice@localhost subscribe$" &&
	say bob "subscribed alice@localhost" &&
	seen alice "roster bob@localhost to" &&
	seen alice "available bob@localhost/git.probe probeprobeprobep" &&
	say bob "subscribe alice@localhost" &&
	seen alice "subscription bob@localhost subscribe$" &&
	say alice "subscribed bob@localhost" &&
	seen bob "roster alice@localhost both" &&
	seen bob "available alice@localhost/git.probe"
'

test_expect_success 'R16: a request is answered by whom it was for' '
	say alice "ping bob@localhost/git.probe" &&
	seen alice "pong ok"
'

test_expect_success 'R2: a request to somebody who is not there is answered, too' '
	say alice "ping bob@localhost/nothing" &&
	seen alice "pong service-unavailable"
'

test_expect_success 'who may not see that somebody is here is told what a server says of nobody' '
	unavailable=$(how_often alice "pong service-unavailable") &&
	say bob "shy on" &&
	say alice "ping bob@localhost/git.probe" &&
	wait_for 10 seen_times alice "pong service-unavailable" $((unavailable + 1))
	status=$?
	say bob "shy off"
	test $status -eq 0
'

test_expect_success 'who asks without end is not answered without end' '
	answered=$(how_often alice "pong ok") &&
	asked=0 &&
	while test $asked -lt 100
	do
		asked=$((asked + 1)) &&
		say alice "ping bob@localhost/git.probe" || return 1
	done &&
	wait_for 20 seen_times alice "pong timeout" 40 &&
	answered=$(($(how_often alice "pong ok") - answered)) &&
	echo "# $answered of $asked" &&
	test $answered -ge 8 && test $answered -le 60
'

test_expect_success 'a bytestream arrives whole' '
	size=1000003 &&
	{ unthrottled || size=100003; } &&
	say alice "send bob@localhost/git.probe $size 4096 16" &&
	seen alice "sent $size bytes" &&
	seen bob "ibb close alice@localhost/git.probe $size"
'

test_expect_success 'one who leaves is seen to leave' '
	close_probe bob &&
	seen alice "unavailable bob@localhost/git.probe"
'

test_expect_success 'after the login the buddies who are there are known' '
	open_probe bob &&
	sed -n "/^state online/q;/^available/p" bob.out >before &&
	grep "^available alice@localhost/git.probe" before
'

test_expect_success 'a server that died is come back to' '
	restart_prosody KILL &&
	seen alice "state offline server-unreachable" &&
	wait_for 20 seen_times alice "state online" 2 &&
	wait_for 20 seen_times bob "state online" 2 &&
	say alice "ping bob@localhost/git.probe" &&
	wait_for 10 seen_times alice "pong ok" 2
'

test_expect_success 'a frozen server is found out soon when the network may have changed' '
	offline=$(how_often alice "state offline") &&
	online=$(how_often alice "state online") &&
	kill -STOP "$prosody_pid" &&
	say alice check && say alice check
	wait_for 8 seen_times alice "state offline" $((offline + 1))
	status=$?
	kill -CONT "$prosody_pid"
	test $status -eq 0 && grep "^state offline server-unreachable: .*does not answer any more" alice.out
'

test_expect_success '... and come back to at once' '
	wait_for 8 seen_times alice "state online" $((online + 1))
'

test_expect_success 'a request that nobody answers is a reason to ask the server, too' '
	offline=$(how_often alice "state offline") &&
	online=$(how_often alice "state online") &&
	kill -STOP "$prosody_pid" &&
	say alice "ping bob@localhost/git.probe" &&
	wait_for 14 seen_times alice "state offline" $((offline + 1))
	status=$?
	kill -CONT "$prosody_pid"
	test $status -eq 0 && grep "^pong timeout" alice.out &&
	wait_for 8 seen_times alice "state online" $((online + 1))
'

# Between two tries, which a check may find just begun.
noticed () {
	say alice check && grep "waiting -> resolving, the network changed" "$TRASH/log/probe.alice"
}

test_expect_success 'whoever waits for the next try does not when the network changed' '
	offline=$(how_often alice "state offline") &&
	online=$(how_often alice "state online") &&
	bob_online=$(how_often bob "state online") &&
	stop_prosody KILL &&
	wait_for 5 seen_times alice "state offline" $((offline + 1)) &&
	wait_for 5 noticed &&
	prosody_run "$prosody_port" &&
	say alice check && say bob check &&
	wait_for 10 seen_times alice "state online" $((online + 1)) &&
	wait_for 10 seen_times bob "state online" $((bob_online + 1))
'

test_expect_success 'a server that lives is asked, and nothing comes of it' '
	offline=$(how_often alice "state offline") &&
	pongs=$(how_often alice "pong ok") &&
	say alice check && say alice "ping bob@localhost/git.probe" &&
	wait_for 5 seen_times alice "pong ok" $((pongs + 1)) &&
	test "$(how_often alice "state offline")" -eq $offline
'

test_expect_success 'who is blocked is told by a push, and at the next login' '
	say alice "block eve@localhost" &&
	seen alice "blocked eve@localhost" && seen alice "done ok" &&
	online=$(how_often alice "state online") bob_online=$(how_often bob "state online") &&
	restart_prosody &&
	wait_for 20 seen_times alice "state online" $((online + 1)) &&
	wait_for 20 seen_times bob "state online" $((bob_online + 1)) &&
	seen_times alice "blocked eve@localhost" 2 &&
	say alice "unblock eve@localhost" &&
	seen alice "unblocked eve@localhost"
'

test_expect_success 'a request to a domain that is not there is refused' '
	say alice "subscribe bob@nosuch.invalid" &&
	seen alice "refused bob@nosuch.invalid ..*"
'

test_expect_success 'a second connection of the same device takes over, and nobody fights' '
	probe bob --until "state online" &&
	seen bob "state failed replaced: .*bob@localhost"
'

test_expect_success 'a frozen server does not keep anybody from ending' '
	kill -STOP "$prosody_pid" &&
	lines=$(wc -l <alice.out) &&
	close_probe alice
	status=$?
	kill -CONT "$prosody_pid"
	sed "1,${lines}d" alice.out >after &&
	! stood_still_for_seconds after && test $status -eq 0
'

test_expect_success 'the last one goes, and no password is in any log' '
	close_probe bob &&
	cat "$TRASH"/log/probe* alice.out bob.out >all &&
	! grep "$PASSWORD" all
'

test_done
