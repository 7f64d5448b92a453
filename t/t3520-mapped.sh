#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A user behind a NAT whose router maps ports if it is asked, and one behind a NAT through which
# nobody connects by any timing: the first one's broker asks while that is of use, and the other
# one dials it.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-nat.sh"
. "$TOP/t/lib/lib-router.sh"

have_server || test_skip_all 'the server or openssl is not installed'
have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'
have_router || test_skip_all 'miniupnpd is not installed'
grep -q gateway-linux "$BUILD/compile_commands.json" || test_skip_all 'this build knows of no router'
ip link set lo up

url=xmpp::bob@localhost/project
every_line=yes

# mapping_is <user> <pattern>: of the line of "git xmpp status" about it.
mapping_is () {
	as "$1" git xmpp status --json | tr '{' '\n' | sed -n '/"port_mapping"/{n;p;}' >mapping-is &&
	grep -q "$2" mapping-is
}

# nobody_listens <side>: the box forwards no port.
nobody_listens () {
	test -z "$(mapped_ports "$1")"
}

test_expect_success 'two users, each behind a NAT' '
	nat_users drop symmetric 25 && nat_buddies 8
'

test_expect_success 'routers that say nothing: git goes in-band, and the router is left alone' '
	as alice git clone -q --bare $url alice/nothing.git &&
	wait_for 20 mapping_is alice "\"state\":\"resting\"" &&
	as alice git ls-remote $url &&
	path_is alice in-band &&
	test "$(grep -c "port mapping: unused -> asking" log/alice)" -eq 1 &&
	stop_broker alice
'

for protocol in pcp nat-pmp upnp
do
	case $protocol in
	pcp) name=PCP ;;
	nat-pmp) name=NAT-PMP ;;
	upnp) name=UPnP ;;
	esac
	needs=true
	test $protocol != upnp || needs='grep -q miniupnpc "$BUILD/meson-info/intro-dependencies.json"'

	test_expect_success "$needs" "$name: the router maps a port, which the other user dials" '
		router a $protocol && : >log/alice &&
		start_broker alice && wait_for 10 trusts alice bob &&
		as alice git clone -q --bare $url alice/$protocol.git &&
		wait_for 20 path_is bob "direct 9.9.1.1" &&
		wait_for 10 path_is alice "direct 9.9.2.1" &&
		grep "port mapping: 9.9.1.1:[0-9]* by $name\$" log/alice
	'

	test_expect_success "$needs" '... git goes over it, and it is shown' '
		as alice git clone -q --bare $url alice/$protocol-2.git &&
		git -C alice/$protocol-2.git fsck &&
		path_is alice direct &&
		port=$(mapped_ports a) &&
		mapping_is alice "\"state\":\"mapped\",\"protocol\":\"$name\",\"address\":\"9.9.1.1:$port\"" &&
		as alice git xmpp status -v >status && grep "9.9.1.1:$port by $name" status &&
		as alice git xmpp doctor >doctor && grep "mapped by $name" doctor
	'

	test_expect_success "$needs" '... and it is removed when the broker stops' '
		stop_broker alice &&
		grep "port mapping: mapped -> removing" log/alice &&
		wait_for 5 nobody_listens a
	'
done

test_expect_success 'who wants none has none' '
	router a pcp && : >log/alice &&
	as alice git config --global xmpp.portMapping false &&
	start_broker alice && wait_for 10 trusts alice bob &&
	as alice git clone -q --bare $url alice/unwanted.git &&
	mapping_is alice "\"state\":\"off\"" &&
	as alice git config --global xmpp.portMapping auto &&
	as alice git config --global xmpp.directAddresses configured && reload alice &&
	as alice git clone -q --bare $url alice/unwanted-2.git &&
	mapping_is alice "\"state\":\"off\"" &&
	! grep "port mapping: [a-z]* -> asking" log/alice &&
	nobody_listens a
'

test_done
