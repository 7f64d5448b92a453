#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The machine that made an invitation is away when it is to be used. The guest's broker keeps the
# invitation and joins when it can, whatever has become of it meanwhile.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'the server or openssl is not installed'

# invite <user> <argument>...: the link is in $link, its id in $id.
invite () {
	local who

	who=$1
	shift
	as "$who" git xmpp invite "$@" >link 2>explained && link=$(cat link) &&
	id=$(sed -n "s/^invitation: \([0-9a-f]*\),.*/\1/p" explained)
}

# waits <user> [<argument>...]: the invitation of $link is kept, because alice is away.
waits () {
	local who

	who=$1
	shift
	test_expect_code 1 as "$who" git xmpp join "$link" "$@" >out 2>err && cat out err &&
	grep "^alice@localhost is away; this machine waits, and joins when theirs is online" out &&
	grep "^hint: .*git xmpp join --cancel=alice@localhost" err
}

# joining <user>: status says that it waits.
joining () {
	as "$1" git xmpp status >status && grep "^joining  alice@localhost  waits since .*  git xmpp join --cancel=alice@localhost" status
}

joins_no_more () {
	as "$1" git xmpp status >status && ! grep "^joining" status
}

# notices <user> <pattern>: status has such a line for that user.
notices () {
	as "$1" git xmpp status >status && grep -e "^! $2" -e "^ *$2" status
}

# noted <user> <pattern>: so has the log.
noted () {
	journal "$1" >events && grep "$2" events
}

# kept <user>: the file of what waits.
kept () {
	find "$1/.state" -name joinings
}

secret () {
	echo "$link" | sed 's/.*secret=\([a-z2-7]*\).*/\1/'
}

# meanwhile <user> <command>...: alice is away when they join; and before their broker is started
# again, she is back and does this.
meanwhile () {
	local who

	who=$1
	shift
	stop_broker alice && waits "$who" && joining "$who" && stop_broker "$who" &&
	start_broker alice && "$@" && start_broker "$who"
}

# refused <user> <why>: both are told, and nothing is given.
refused () {
	wait_for 20 joins_no_more "$1" && notices "$1" "waits no more to join: $2" &&
	noted "$1" "alice@localhost.*  join  invitation  failed  waits no more to join: $2" &&
	! grep -q "$(secret)" "$(kept "$1")" &&
	test_must_fail trusts "$1" alice && test_must_fail knows alice "$1"
}

test_expect_success 'alice invites bob, and goes' '
	start_server alice bob carol dave erin && setup_user alice && setup_user bob && setup_user carol && setup_user dave &&
	start_broker alice && start_broker bob && start_broker carol &&
	"$TOP/t/tools/make-repo" alice/treasure.git 3 0 && as alice git xmpp share alice/treasure.git &&
	invite alice --share=treasure && stop_broker alice
'

test_expect_success 'bob joins: it waits, and is shown' '
	waits bob && joining bob &&
	as bob git xmpp status --json >out && grep "\"joinings\":\[{\"jid\":\"alice@localhost\",\"own\":false,\"share\":\"treasure\",\"since\":\"[^\"]*\",\"until\":\"[^\"]*\",\"account\":\"localhost\"}\]" out &&
	test "$(stat -c %a "$(kept bob)")" = 600 && grep -q "$(secret)" "$(kept bob)" &&
	test_must_fail trusts bob alice
'

test_expect_success 'the same link waits once' '
	waits bob && test_line_count = 1 "$(kept bob)"
'

test_expect_success 'he drops it, and takes it up again' '
	as bob git xmpp join --cancel=alice@localhost >out && grep "^waits no more to join alice@localhost$" out && joins_no_more bob &&
	! grep -q "$(secret)" "$(kept bob)" &&
	test_expect_code 1 as bob git xmpp join --cancel=alice@localhost 2>err && grep "no invitation of .alice@localhost. waits" err && has_message not-joining err &&
	waits bob && joining bob
'

test_expect_success 'his broker is killed; the next one goes on, and joins when alice is there' '
	kill_broker bob && start_broker bob && joining bob &&
	start_broker alice && wait_for 60 trusts bob alice && wait_for $subscribed_in trusts alice bob && joins_no_more bob &&
	notices bob "you have joined alice@localhost by their invitation, and both devices are verified  git xmpp list alice@localhost" &&
	noted bob "alice@localhost/treasure  join  invitation  ok  joined by the invitation of alice@localhost; both devices are verified" &&
	notices alice "bob@localhost has joined by your invitation" && noted alice "bob@localhost/treasure  invitation  $id  ok" &&
	buddy_line bob alice | grep "	verified	" && buddy_line alice bob | grep "	verified	" &&
	as bob git ls-remote xmpp::alice@localhost/treasure && ! grep -q "$(secret)" "$(kept bob)"
'

test_expect_success 'taken back meanwhile' '
	invite alice --share=treasure && meanwhile carol as alice git xmpp invite --revoke="$id" &&
	refused carol "'"'alice@localhost' has taken this invitation back"'" &&
	notices alice "carol@localhost tried to join by your invitation $id: it was taken back" &&
	noted alice "carol@localhost/treasure  invitation  $id  refused  tried to join by invitation $id: it was taken back"
'

test_expect_success 'used meanwhile by somebody else: both are told' '
	start_broker dave && invite alice --share=treasure && meanwhile carol as dave git xmpp join "$link" &&
	refused carol "the invitation of .alice@localhost. was used before, by another device" &&
	notices alice "carol@localhost tried to join by your invitation $id: it was used before, by another device" &&
	wait_for $subscribed_in trusts alice dave
'

# ended: the invitation of $id has an end that is over, on the disk of alice.
ended () {
	file=$(find alice/.state -name invitations) && stop_broker alice &&
	sed "/^$id /s/ open \([0-9]*\) [0-9]* / open \1 $(($(date +%s) - 60)) /" "$file" >changed && cp changed "$file" &&
	start_broker alice
}

test_expect_success 'expired meanwhile, as alice says' '
	invite alice && meanwhile carol ended && refused carol "the invitation of .alice@localhost. has expired" &&
	notices alice "carol@localhost tried to join by your invitation $id: it has expired"
'

test_expect_success 'expired meanwhile, and alice has not come back' '
	invite alice && stop_broker alice && waits carol && stop_broker carol &&
	sed "s/^\([0-9]*\) [0-9]* /\1 $(($(date +%s) - 60)) /" "$(kept carol)" >changed && cp changed "$(kept carol)" &&
	start_broker carol && wait_for 5 joins_no_more carol && notices carol "waits no more to join: the invitation of .alice@localhost. has expired" &&
	start_broker alice && test_must_fail knows alice carol &&
	old=$(echo "$link" | sed "s/until=[0-9]*/until=1000000000/") && stop_broker alice &&
	test_expect_code 128 as carol git xmpp join "$old" 2>err && grep "has expired" err && joins_no_more carol
'

test_expect_success 'there is room for so many, and no more' '
	start_broker alice && invite alice && stop_broker alice && waits carol && stop_broker carol &&
	for n in a b c d e f g h i j k l m n o p
	do
		sed "s/secret=./secret=$n/" "$(kept carol)"
	done | sort -u | head -n 16 >changed && test_line_count = 16 changed && cp changed "$(kept carol)" && start_broker carol &&
	refused_link=$(echo "$link" | sed "s/secret=../secret=77/") &&
	test_expect_code 128 as carol git xmpp join "$refused_link" 2>err && has_message invitation-unanswered err &&
	as carol git xmpp join --cancel=alice@localhost && joins_no_more carol
'

test_expect_success 'who blocks alice meanwhile waits for her no more' '
	start_broker alice && invite alice && stop_broker alice && waits carol &&
	as carol git xmpp block alice@localhost && joins_no_more carol && as carol git xmpp unblock alice@localhost &&
	start_broker alice && test_must_fail knows alice carol
'

test_expect_success 'a machine of her own: it joins as soon as the one that invited it is seen' '
	make_homes phone && jid_phone=alice@localhost && echo "$PASSWORD" >phone/pw && plain_user phone &&
	as phone git xmpp setup alice@localhost --server="127.0.0.1:$server_port" --ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat ${SQ}$TRASH/phone/pw${SQ}" --no-start &&
	start_broker phone && invite alice --device && stop_broker alice && waits phone && joining phone &&
	start_broker alice && wait_for 10 notices phone "you have joined alice@localhost by their invitation" &&
	as phone git xmpp buddies alice@localhost >out && cat out && grep verified out
'

test_expect_success 'a link goes along to another machine, with the key, and joins there' '
	make_homes laptop && jid_laptop=carol@localhost && echo "$PASSWORD" >laptop/pw && plain_user laptop &&
	as laptop git xmpp setup carol@localhost --server="127.0.0.1:$server_port" --ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat ${SQ}$TRASH/laptop/pw${SQ}" --no-start &&
	invite alice --share=treasure && stop_broker alice && waits carol && echo "a long passphrase" >passphrase &&
	as carol git xmpp device export "$TRASH/device" --passphrase-file="$TRASH/passphrase" && test -z "$(kept carol)" &&
	stop_broker carol && run_broker laptop && as laptop git xmpp device import "$TRASH/device" --passphrase-file="$TRASH/passphrase" &&
	wait_for 20 joining laptop && start_broker alice && wait_for 60 trusts alice carol && wait_for 10 joins_no_more laptop
'

test_expect_success 'no secret is in a log' '
	! grep -q "secret=" log/alice log/bob log/carol log/dave log/phone log/laptop
'

test_done
