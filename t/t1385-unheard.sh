#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A connection to the server that carries what it says and nothing of what we say. TCP tries again
# after ever longer pauses, and the server thinks all is well.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"
command -v nft >/dev/null && command -v ss >/dev/null || test_skip_all 'there is no nft or ss'
ip link set lo up
nft add table inet hole 2>/dev/null || test_skip_all 'the kernel has no nftables'

url=xmpp::bob@localhost/project
every_line=yes

# swallow_from <user>: what the user's broker says to the server on its present connection. What only
# acknowledges passes.
swallow_from () {
	local port

	port=$(ss -Htnp "dport = :$server_port" | grep "pid=$(broker_pid "$1")," |
		sed -n 's/^[A-Z]* *[0-9]* *[0-9]* *[^ ]*:\([0-9]*\) .*/\1/p') &&
	test -n "$port" &&
	nft add chain inet hole in '{ type filter hook input priority 0; }' &&
	nft add rule inet hole in tcp sport "$port" tcp dport "$server_port" meta length gt 80 drop
}

# asks: alice asks bob's broker, in the background.
asks () {
	{ as alice timeout 100 git ls-remote $url >asked 2>&1; echo $? >status; } &
	job=$! && started $job
}

# is_answered: what alice asked has come.
is_answered () {
	wait_for 60 gone $job && cat asked && test "$(cat status)" -eq 0 && grep refs/heads/main asked
}

# is_noticed: bob goes and comes, of which the server tells alice, and her broker has noticed.
is_noticed () {
	stop_broker bob && start_broker bob &&
	grep "it does not hear us any more" log/alice
}

test_expect_success 'two users, one of whom the server does not hear any more' '
	start_server alice bob && setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 3 1 &&
	as bob git xmpp share bob/project.git --name=project --fetch=alice@localhost &&
	as alice git ls-remote $url &&
	swallow_from alice
'

test_expect_success 'that is noticed when something comes from the server, and not for silence' '
	asks && wait_for 60 is_noticed &&
	! grep "does not answer any more" log/alice
'

test_expect_success 'and the user is in again at once, on a connection that works both ways' '
	wait_for 10 broker_online alice && is_answered
'

test_expect_success 'so it is without a link with the other user: what was asked waits for the login' '
	stop_broker alice && nft delete table inet hole && nft add table inet hole && : >log/alice &&
	start_broker alice && wait_for 10 trusts alice bob && swallow_from alice &&
	asks && wait_for 60 is_noticed &&
	is_answered
'

test_done
