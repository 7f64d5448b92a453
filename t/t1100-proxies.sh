#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The proxy of one's own server: found, asked for its address, joined by two
# accounts and activated; on each server that is installed. No brokers here: what
# they would tell each other inside their link is handed from one to the other.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

prosody_proxy=yes
have_prosody || have_ejabberd || test_skip_all 'neither prosody nor ejabberd is installed'

# probe <option>...: what happened is in out.
probe () {
	"$BUILD/t/proxy-probe" "$@" "127.0.0.1:$server_port" "$TRASH/prosody/localhost.crt" "$PASSWORD" \
		alice@localhost bob@localhost >out 2>>"$TRASH/log/probe"
	status=$?
	cat out
	return $status
}

# probe_fails <option>...: and not by a crash.
probe_fails () {
	probe "$@"
	test $? -eq 1
}

# in_time <ms>: no burst took longer.
in_time () {
	test "$(sed -n 's/^burst.* \([0-9]*\) ms$/\1/p' out | sort -n | tail -n 1)" -le "$1"
}

# the_server_has_a_proxy <name> <prerequisite>
the_server_has_a_proxy () {
	test_expect_success "$2" "$1: a proxy is found, and asked for its address" '
		probe && grep "^proxy proxy.localhost is proxy.localhost.* at 127.0.0.1 port $proxy_port$" out
	'

	test_expect_success "$2" "$1: both reach each other through it" '
		grep "^from: reached as client, proxy proxy.localhost, key right$" out &&
		grep "^to: reached as server, proxy proxy.localhost, key right$" out
	'

	test_expect_success "$2" "$1: what is sent arrives to the last byte, with a nudge where it is held back" '
		grep "^burst 3 there and back" out && grep -c "^burst" out >count && echo 9 >expect &&
		test_cmp expect count && in_time 10000
	'

	test_expect_success "$2" "$1: one side closes, the other one sees it" '
		grep "^to: closed, closed by the other side$" out
	'

	test_expect_success "$2" "$1: a proxy that one may not dial is said to be out of reach" '
		probe_fails --strict to && grep "^to: gives up unreachable" out &&
		grep "^from: failed, the device gave up: unreachable, ours$" out
	'

	test_expect_success "$2" "$1: nor does one dial loopback addresses for the own server" '
		probe_fails --strict from && grep "^from: failed, .* no address that may be dialled, ours$" out &&
		grep "^to: failed, the device gave up: unreachable$" out
	'

	test_expect_success "$2" "$1: a proxy that does not answer" '
		probe_fails --port "$("$BUILD/t/free-port")" &&
		grep -E "^from: failed, (connection refused|the device gave up: unreachable), ours$" out
	'

	test_expect_success "$2" "$1: a device that does not want it" '
		probe_fails --refuse && grep "^from: failed, the device gave up: not-wanted$" out
	'

	test_expect_success "$2" "$1: nobody activates the bytestream of somebody else" '
		probe_fails --impostor eve@localhost/x && grep "^from: failed, the proxy does not connect us: .*, ours$" out &&
		grep "^to: failed, the device gave up: not-activated$" out
	'
}

test_expect_success have_prosody 'Prosody, for alice and bob' '
	start_prosody alice bob
'

the_server_has_a_proxy Prosody have_prosody

test_expect_success have_prosody 'an offer that nobody follows up is given up in time' '
	probe_fails --leave && grep "^to: failed, " out
'

test_expect_success have_prosody 'a server without a proxy is said to have none' '
	stop_prosody && prosody_proxy=no && prosody_run "" && probe_fails && grep "^no proxy$" out
'

stop_prosody

test_expect_success have_ejabberd 'ejabberd, for alice and bob' '
	start_ejabberd alice bob
'

the_server_has_a_proxy ejabberd have_ejabberd

test_done
