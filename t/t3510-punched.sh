#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two users behind NATs that let nothing in: their brokers meet, and git goes over that path.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-nat.sh"

have_server || test_skip_all 'the server or openssl is not installed'
have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'
ip link set lo up

url=xmpp::bob@localhost/project
every_line=yes
ejabberd_more='  mod_sic: {}'
# What the servers carry here is to be done in a minute.
megabytes=8
unthrottled || megabytes=0
# ejabberd says how it sees them; with Prosody they have to configure it.
test "$SERVER" = ejabberd || told_by_hand=yes

punch_failed () {
	as alice git xmpp log bob@localhost | grep "punch failed .* NAT there: [a-z]* after"
}

test_expect_success 'two users, each behind a NAT' '
	nat_users drop refuse 10 && nat_buddies $megabytes
'

test_expect_success 'they connect to each other at once, and that is a direct path' '
	as alice git ls-remote $url &&
	wait_for 10 path_is alice "direct $(mapped b refuse)" &&
	wait_for 10 path_is bob "direct $(mapped a drop)" &&
	grep "moving from in-band to direct" log/alice log/bob
'

test_expect_success 'git xmpp log has a line of the attempt on both sides' '
	as alice git xmpp log bob@localhost >out &&
	grep "path  *punch  *bob@localhost .*NAT here, .*NAT there: a direct path after [0-9]* ms" out &&
	as bob git xmpp log alice@localhost --json >out &&
	grep "\"path\":\"direct $(mapped a drop):" out
'

test_expect_success 'git goes over it' '
	as alice git clone -q --bare $url alice/clone.git &&
	git -C alice/clone.git fsck &&
	path_is alice direct
'

# What the other side is told leads nowhere. Nothing waits for the attempt.
test_expect_success 'a NAT that maps by destination: the servers carry it, and the log says so' '
	stop_broker alice && stop_broker bob &&
	box a symmetric &&
	: >log/alice && : >log/bob &&
	start_broker alice && start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git ls-remote $url &&
	as alice git clone -q --bare $url alice/again.git &&
	path_is alice in-band &&
	as alice git xmpp log bob@localhost >out && cat out &&
	wait_for 30 punch_failed
'

test_expect_success 'who shows no address does not' '
	stop_broker alice &&
	as alice git config --global xmpp.directAddresses false &&
	: >log/alice && : >log/bob &&
	start_broker alice &&
	wait_for 10 trusts alice bob &&
	as alice git ls-remote $url &&
	as alice git ls-remote $url &&
	path_is alice in-band &&
	! grep "punch" log/alice log/bob
'

# alice can be dialled now, and nobody but she says to bob how the world sees him.
test_expect_success 'a device tells the other one at which address it sees it' '
	stop_broker alice && stop_broker bob &&
	box a open &&
	for user in alice bob
	do
		as $user git config --global xmpp.directAddresses true &&
		as $user git config --global --replace-all xmpp.directAddress "" &&
		as $user git config --global --unset-all xmpp.directAddress || return
	done &&
	: >log/alice && : >log/bob &&
	start_broker alice && start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git ls-remote $url &&
	wait_for 10 path_is bob "direct $(mapped a open)" &&
	wait_for 10 grep "a device sees us; the world sees $(mapped b refuse)" log/bob
'

test_done
