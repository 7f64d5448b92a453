#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A login takes no round trip that it does not need. They are counted, not timed: flights lets the
# two ends take turns. The three ways of TCP are one more.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

# Where libstrophe's settings have direct TLS.
direct=5223

# relays <port> <target port>: and its flights go to the file flights.
relays () {
	"$BUILD/t/flights" "$1" "$2" >flights 2>log/flights &
	relay=$!
	started $relay
	wait_for 5 grep -q ready flights
}

# logs_in <port>: alice does.
logs_in () {
	rm -f quit && mkfifo quit &&
	{ "$BUILD/t/xmpp-probe" --server "127.0.0.1:$1" --ca-file "$TRASH/prosody/localhost.crt" \
		--timeout 60 alice@localhost "$PASSWORD" >out 2>log/probe <quit & } &&
	started $! && exec 7>quit && wait_for 30 grep "^state online" out &&
	echo quit >&7 && exec 7>&-
}

# round_trips: of the login in flights, as far as the broker was online.
round_trips () {
	awk -v online="$(sed -n "s/ .*-> online,.*//p" log/probe)" '
		$3 == ">" && $1 < online { n++ }
		END { print n + 1 }
	' flights
}

# takes <round trips> <port> <target port>
takes () {
	relays "$2" "$3" && logs_in "$2" && end_process $relay &&
	cat flights log/probe && echo "$(round_trips) round trips" &&
	test "$(round_trips)" -le "$1"
}

contacts alice bob@localhost
contacts bob alice@localhost
direct_tls

test_expect_success 'a server' '
	ip link set lo up && mkdir -p prosody-modules &&
	cat >prosody-modules/mod_late_roster.lua <<-END &&
	-- A roster that is asked for comes a second late, and what is asked behind it is not.
	module:hook("iq/self/jabber:iq:roster:query", function (event)
		local origin, stanza = event.origin, event.stanza;
		if stanza.late or stanza.attr.type ~= "get" or origin.username ~= "alice" or
				not io.open("$TRASH/late") then
			return;
		end
		stanza.late = true;
		module:add_timer(1, function ()
			prosody.core_process_stanza(origin, stanza);
		end);
		return true;
	end, 1000);
	END
	prosody_blocklist=yes prosody_module=late_roster &&
	start_server alice bob
'

test_expect_success 'STARTTLS: ten round trips' '
	takes 10 "$("$BUILD/t/free-port")" $server_port
'

test_expect_success 'direct TLS: eight' '
	takes 8 $direct $direct_port
'

test_expect_success 'direct TLS names XMPP by ALPN (XEP-0368)' '
	mkfifo silence &&
	{ openssl s_server -accept $direct -cert prosody/localhost.crt -key prosody/localhost.key \
		-alpn xmpp-client <silence >log/alpn 2>&1 & tls_server=$!; } &&
	started $tls_server && exec 6>silence && wait_for 10 grep ACCEPT log/alpn &&
	{ "$BUILD/t/xmpp-probe" --server "127.0.0.1:$direct" --ca-file "$TRASH/prosody/localhost.crt" \
		--timeout 10 alice@localhost "$PASSWORD" >out 2>log/probe & probe=$!; } &&
	started $probe && wait_for 10 grep "ALPN protocols selected: xmpp-client" log/alpn &&
	end_process $probe && exec 6>&- && end_process $tls_server
'

is_prosody () {
	test "${SERVER:-prosody}" = prosody
}

# goes_online <user> <output>: and stays.
goes_online () {
	"$BUILD/t/xmpp-probe" --server "127.0.0.1:$server_port" --ca-file "$TRASH/prosody/localhost.crt" \
		--resource "git.$1" --timeout 60 "$1@localhost" "$PASSWORD" >"$2" 2>"log/$1" &
	started $!
	wait_for 20 grep "^state online" "$2"
}

test_expect_success is_prosody 'a presence that comes ahead of the roster waits for it' '
	goes_online bob bob.out && : >late && goes_online alice out && cat out &&
	sed -n "/^roster bob/p; /^available bob/p; /^state online/p" out | cut -d " " -f 1,2 >events &&
	printf "%s\n" "roster bob@localhost" "available bob@localhost/git.bob" "state online" >expect &&
	test_cmp expect events
'

test_expect_success 'two users with brokers, and a share' '
	rm -f late && setup_user alice && setup_user bob && start_broker alice && start_broker bob &&
	pair alice bob && "$TOP/t/tools/make-repo" bob/small.git 20 &&
	as bob git xmpp share bob/small.git --name=small --fetch=alice@localhost &&
	as alice git clone -q xmpp::bob@localhost/small alice/work
'

# What we say last is waited for by nobody: an acknowledgement, if git takes long to end.
test_expect_success 'the first fetch of the day, in-band: twelve with direct TLS' '
	stop_broker alice && relays $direct $direct_port &&
	as alice git config --global xmpp.localhost.server "127.0.0.1:$direct" &&
	as alice git -C alice/work fetch && trips=$(awk "/>/ { said++ } /</ { heard = said } END { print heard + 1 }" flights) &&
	cat flights && echo "$trips round trips" && test "$trips" -le 12 && as alice git xmpp daemon stop
'

test_done
