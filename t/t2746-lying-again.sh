#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a server may say of devices that know each other: that another key is the same device, what
# was said before, that somebody is a buddy or is none, and is in a group. It gives nobody anything:
# no ref moves, no git is started, nothing of the repository is sent. With Prosody alone:
# Documentation/servers.md says why.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-attack.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

url=xmpp::bob@localhost/project
every_line=yes
prosody_module=capture
prosody_more="capture_path = \"$TRASH/captured\"
component_stanza_size_limit = 10485760"

device_of () {
	as "$1" git xmpp device | sed -n 's/^\* \([a-z2-7]*\) .*/\1/p'
}

# served_by_bob: how often he has started a git for somebody.
served_by_bob () {
	grep -c "\(upload\|receive\)-pack '.*': started" log/bob
}

refs_of_bob () {
	git -C bob/project.git for-each-ref
}

# as_it_was <command>...: does it, and bob has started no git for anybody and has the refs that he had.
as_it_was () {
	local before refs

	before=$(served_by_bob) refs=$(refs_of_bob)
	"$@" || return
	wait_for 10 no_services && test "$(served_by_bob)" = "$before" && test "$(refs_of_bob)" = "$refs"
}

may_not () {
	test_must_fail as "$1" timeout 180 git ls-remote $url &&
	test_must_fail as "$1" timeout 180 git -C alice/work push -q $url "HEAD:refs/heads/of-$1"
}

may_fetch () {
	as "$1" timeout 180 git ls-remote $url >/dev/null 2>&1
}

# server_says <stanza>...: whoever they claim to be from.
server_says () {
	attack --as "$EVIL" --rate 1 --count 1 say nobody@localhost "$@"
	attack_ends
}

# heard <id>: the broker of bob has answered this question of the server, and so has read what came before
# it. What else it answers is limited for each who asks.
heard () {
	cat captured/*-said | sed 's/<iq /\n<iq /g' |
	grep "^<iq [^>]*type=.\(result\|error\)" | grep -q "^<iq [^>]*id=.$1[\"']"
}

# says_again <file>: the server, all of the stanzas in it, and bob has read them.
says_again () {
	again=$((${again:-0} + 1))
	server_says "$(cat "$1")<iq from='localhost' to='bob@localhost/git.$(device_of bob)' type='get'
		id='again-$again'><ping xmlns='urn:xmpp:ping'/></iq>" &&
	wait_for 30 heard "again-$again"
}

# of_bytestreams <full JID>: what its connections have said of bytestreams, from that JID.
of_bytestreams () {
	cat captured/*-said | sed 's/<iq /\n<iq /g' | grep "^<iq .*http://jabber.org/protocol/ibb" |
	grep "to=.bob@localhost" | sed "s|</iq>.*|</iq>|; s|^<iq |<iq from='$1' |"
}

# rosters <user>...: of each of them is what the file roster.<user> has, when the server is there
# again; and all brokers are.
rosters () {
	local user

	stop_prosody || return
	for user
	do
		{
			echo 'return { [false] = { ["version"] = 9 };' && cat "roster.$user" && echo '};'
		} >"$TRASH/prosody/data/localhost/roster/$(prosody_file "$user")" || return
	done
	prosody_run "$server_port" || return
	for user in alice bob carol mallory
	do
		wait_for 60 broker_online $user || return
	done
}

# contact <jid> <group>: a line of it.
contact () {
	echo "[\"$1\"] = { [\"subscription\"] = \"both\", [\"groups\"] = { ${2:+[\"$2\"] = true} } };"
}

test_expect_success 'alice and bob know each other, carol and mallory do not know bob' '
	mkdir captured && evil_server && start_prosody alice bob carol mallory &&
	for who in alice bob carol mallory
	do
		setup_user $who && start_broker $who || return
	done &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 3 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost --fetch=buddies &&
	as alice git clone -q $url alice/work && git -C alice/work commit -q --allow-empty -m more &&
	as alice git -C alice/work push -q origin HEAD:main
'

# As when they were said: the first push, and the clone, of a link that is gone.
test_expect_success 'what alice has said, said again: while she is there, when she is away, to a bob who is new' '
	of_bytestreams "alice@localhost/git.$(device_of alice)" >recorded && test "$(wc -l <recorded)" -ge 10 &&
	test "$(wc -c <recorded)" -lt 120000 &&
	git -C bob/project.git update-ref refs/heads/main main~1 &&
	as_it_was says_again recorded &&
	may_fetch alice && stop_broker alice &&
	as_it_was says_again recorded &&
	stop_broker bob && start_broker bob &&
	as_it_was says_again recorded &&
	start_broker alice && wait_for 30 may_fetch alice
'

# mallory's key at the address of bob's device.
takes_the_place_of_bob () {
	"$BUILD/t/odd-device" takes "$server_port" "$TRASH/prosody/localhost.crt" "$address" "$PASSWORD" \
		"$key" alice@localhost >odd 2>log/odd-errors &
	odd_pid=$!
	started $odd_pid
	wait_for 10 grep -q "^online" odd
}

test_expect_success 'another key in the place of a device: it is told nothing, and not remembered' '
	id=$(device_of bob) && address=bob@localhost/git.$id && stop_broker bob && stop_broker mallory &&
	key=$(find mallory/.data -name key) && takes_the_place_of_bob &&
	server_says "<presence from=\"$address\" to=\"alice@localhost\"><priority>-1</priority><git
		xmlns=\"urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb\" dev=\"$id\"/></presence>" &&
	(cd alice/work && as alice git xmpp queue push origin HEAD:queued) &&
	test_must_fail as alice timeout 180 git ls-remote $url 2>err; cat err odd log/odd-errors;
	! grep "^pass" odd && end_process $odd_pid &&
	as alice git xmpp queue | grep "queued" &&
	start_broker mallory && as mallory git xmpp verify --self | tr -d " \n" >key &&
	! grep -rqi "$(cat key)" alice/.state
'

delivered () {
	test "$(git -C bob/project.git rev-parse -q --verify queued)" = "$(git -C alice/work rev-parse HEAD)"
}

test_expect_success 'when bob is back, what waited for him comes to him' '
	start_broker bob && wait_for 60 delivered
'

test_expect_success 'bob has a group, in which alice is, and which may push' '
	contact alice@localhost team >roster.bob && rosters bob &&
	as bob git xmpp share --name=project --rm=buddies --rm=alice@localhost &&
	as bob git xmpp share --name=project --push=group:team --fetch=buddies &&
	wait_for 60 may_fetch alice && as alice git -C alice/work push -q $url HEAD:refs/heads/of-the-team
'

test_expect_success 'a roster that makes mallory a buddy of bob, and puts carol into the group' '
	{ contact alice@localhost team && contact mallory@localhost && contact carol@localhost team; } >roster.bob &&
	contact bob@localhost >roster.mallory && contact bob@localhost >roster.carol &&
	rosters bob mallory carol &&
	wait_for 60 may_fetch alice && wait_for 60 knows mallory bob && wait_for 60 knows carol bob &&
	as_it_was may_not mallory && as_it_was may_not carol &&
	! grep "mallory@localhost\|carol@localhost" bob/.gitconfig
'

test_expect_success 'even if bob has verified the device of carol: the group has who bob put there' '
	wait_for 60 as bob git xmpp verify carol@localhost --fingerprint="$(as carol git xmpp verify --self)" &&
	wait_for 60 as carol git xmpp verify bob@localhost --fingerprint="$(as bob git xmpp verify --self)" &&
	wait_for 60 may_fetch carol && before=$(refs_of_bob) &&
	test_must_fail as carol git -C alice/work push -q $url HEAD:refs/heads/of-carol 2>err; cat err &&
	test "$(refs_of_bob)" = "$before"
'

test_expect_success 'one that takes alice away ends her right, and one that brings her back does not return it' '
	contact carol@localhost >roster.bob && rosters bob &&
	as_it_was may_not alice &&
	contact alice@localhost team >roster.bob && contact bob@localhost >roster.alice && rosters bob alice &&
	wait_for 60 knows bob alice && wait_for 60 knows alice bob &&
	as_it_was may_not alice &&
	as bob git xmpp add alice@localhost &&
	as_it_was may_not alice &&
	as bob git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)" &&
	wait_for 60 may_fetch alice
'

test_done
