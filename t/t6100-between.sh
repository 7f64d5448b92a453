#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Between two servers as their distributions configure them, limits on: what people do, with the
# host on either of them. alice and carol are on Prosody, bob and dave on ejabberd.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-federation.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'
have_ejabberd || test_skip_all 'ejabberd is not installed'
command -v dnsmasq >/dev/null || test_skip_all 'dnsmasq is not installed'
for server in prosody ejabberd
do
	test -r "$(distribution_file $server)" || test_skip_all "$(distribution_file $server) is not to be read"
done

CONFIG=distribution
ejabberd_pause=5
# ejabberd drops what is more than five subscriptions in a minute: it is asked again.
subscribed_in=200

test_expect_success 'two servers, two users on each, and their brokers' '
	start_federation alice@a bob@b carol@a dave@b &&
	for user in alice bob carol dave
	do
		start_broker $user || return
	done
'
test $test_failed -eq 0 || test_done

hosts_ref () {
	git -C $host/treasure.git rev-parse -q --verify "$1"
}

guests_ref () {
	git -C $guest/treasure rev-parse -q --verify "$1"
}

# same <ref of the host's> <ref of the guest's>
same () {
	test "$(hosts_ref "$1")" = "$(guests_ref "$2")"
}

# pushes <branch> [<bytes>]
pushes () {
	head -c "${2:-100}" /dev/urandom >$guest/treasure/file && git -C $guest/treasure add file &&
	git -C $guest/treasure commit -q -m "$1" &&
	as $guest git -C $guest/treasure push -q origin "HEAD:$1" && same "$1" HEAD
}

away () {
	! as $guest git ls-remote "$(url_of $host treasure)" >/dev/null 2>&1
}

for roles in 'alice bob' 'dave carol'
do
	host=${roles% *} guest=${roles#* }

	test_expect_success "$host invites $guest, who joins, clones and pushes" '
		"$TOP/t/tools/make-repo" $host/treasure.git 3 0 &&
		as $host git xmpp invite "$TRASH/$host/treasure.git" --push >link && cat link &&
		as $guest git xmpp join "$(cat link)" >joined && cat joined &&
		grep "^you and $(jid_of $host) are buddies now, and both devices are verified$" joined &&
		wait_for 20 trusts $host $guest && wait_for 20 trusts $guest $host &&
		as $guest git clone -q "$(url_of $host treasure)" $guest/treasure &&
		pushes joined
	'

	test_expect_success "what $host commits comes to $guest, who follows" '
		as $guest git -C $guest/treasure xmpp follow &&
		"$TOP/t/tools/make-repo" $host/treasure.git 1 0 101 &&
		wait_for 30 same main origin/main
	'

	test_expect_success "what $guest pushes while $host is away is delivered" '
		stop_broker $host && wait_for 20 away &&
		git -C $guest/treasure commit -q --allow-empty -m queued &&
		as $guest git -C $guest/treasure xmpp queue push origin HEAD:queued >queue && cat queue &&
		test_must_fail hosts_ref queued &&
		start_broker $host && wait_for 60 same queued HEAD
	'
done

test_expect_success 'bob, who was invited, asks carol, who is on the other server' '
	pair bob carol
'

# What a person on either server can send is less than what the servers take from each other. With
# the former out of the way, the latter is the limit, of Prosody 30 kB/s.
test_expect_success 'the limit between the servers slows a push down, and no more' '
	server_down b && lifted=yes && server_up b &&
	for user in bob dave
	do
		wait_for 60 broker_online $user || return
	done &&
	host=alice guest=bob && wait_for 60 trusts bob alice && pushes limited 300000 &&
	host=dave guest=carol && wait_for 60 trusts carol dave && pushes limited 50000
'

# dials_proxies <user>: also that of the buddy's server, and those in this network. Their own address
# they still tell nobody.
dials_proxies () {
	as "$1" git config --global xmpp.directAddresses configured &&
	as "$1" git config --global xmpp.directLocal true && reload "$1"
}

# moves: the link of the two takes this path, and a push goes over it.
moves () {
	wait_for 60 trusts $guest $host &&
	as $guest git ls-remote "$(url_of $host treasure)" &&
	wait_for 30 path_is $guest "proxy proxy.$side.test" &&
	pushes proxy-$side 1000000
}

for side in a b
do
	test_expect_success "the proxy of server $side serves those of both" '
		server_down a && server_down b && federation_proxies $side && server_up a && server_up b &&
		for user in alice bob carol dave
		do
			dials_proxies $user &&
			wait_for 60 broker_online $user || return
		done &&
		host=alice guest=bob && moves &&
		host=dave guest=carol && moves
	'
done

test_done
