#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two users behind NATs that change ports: ejabberd answers STUN by TCP and announces that
# (XEP-0215), so each broker can tell the other one from which port it comes.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-nat.sh"

have_ejabberd || test_skip_all 'ejabberd is not installed'
have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'
ip link set lo up

SERVER=ejabberd
url=xmpp::bob@localhost/project
every_line=yes
ejabberd_stun=$("$BUILD/t/free-port")

test_expect_success 'two users, each behind a NAT that changes ports' '
	nat_users cone cone 10 $ejabberd_stun &&
	wait_for 10 grep "STUN by TCP: our port 40[0-9]* is seen as 9.9.1.1:52" log/alice &&
	wait_for 10 grep "STUN by TCP: our port 40[0-9]* is seen as 9.9.2.1:52" log/bob &&
	nat_buddies 8
'

test_expect_success 'each tells the port that the world sees, and they connect to each other' '
	as alice git ls-remote $url &&
	wait_for 20 path_is alice "direct 9.9.2.1:52" &&
	wait_for 10 path_is bob "direct 9.9.1.1:52" &&
	as alice git clone -q --bare $url alice/clone.git &&
	as alice git xmpp log bob@localhost >out &&
	grep "NAT that changes ports here, .*NAT there: a direct path after" out
'

# Without STUN the ports that are told are those inside, and lead nowhere.
test_expect_success 'with xmpp.stun=false nobody is asked, and they do not' '
	stop_broker alice && stop_broker bob &&
	as alice git config --global xmpp.stun false &&
	: >log/alice && : >log/bob &&
	start_broker alice && start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git ls-remote $url &&
	as alice git ls-remote $url &&
	path_is alice in-band &&
	! grep "STUN" log/alice
'

test_done
