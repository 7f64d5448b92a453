#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server in the middle that lies from the first contact on: anna means ben and ben means anna,
# and each meets a device of mallory's. What the server gets by that, what comparing tells, and
# what an invitation does that the server could read.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-lying.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

anna_url=xmpp::bob@localhost/project
ben_url=xmpp::bob@localhost/project
every_line=yes

# compares <user> <buddy>: the words are in <user>.words.
compares () {
	as "$1" timeout 180 "$BUILD/t/on-terminal" "\n" git xmpp verify "$2@localhost" >"$1.said" 2>"$1.err"
	grep -A 3 "shows the same on both devices:$" "$1.said" | grep -E "^      [a-z]+ [a-z]+ [a-z]+$" >"$1.words"
}

is () {
	as "$1" git xmpp buddies "$2@localhost" | grep -q "^    .*  $3  "
}

key_of () {
	find "$1/.data/git-xmpp" -name key
}

# knows_key_of <user> <other>: the other's key is in the user's table of devices.
knows_key_of () {
	as "$2" git xmpp verify --self | tr -d " \n" >key && grep -rqi "$(cat key)" "$1/.state"
}

stated () {
	as "$1" git xmpp invite --list >list && cat list && grep "^[0-9a-f]*  $2 .*$3" list
}

invite () {
	link=$(as anna git xmpp invite "$@") && echo "$link"
}

# unanswered <user>: of the two whom the link names, nobody answers to it. To the guest that is
# an inviter who is away, and they are told what else it may be.
unanswered () {
	test_expect_code 1 as "$1" timeout 120 git xmpp join "$link" >out 2>err && cat out err && grep "is away; this machine waits" out &&
	grep "^hint: .*if they are there, the link was changed on its way" err
}

# refused <user> <pattern>: joining by the link fails, and says so.
refused () {
	test_expect_code 128 as "$1" timeout 120 git xmpp join "$link" 2>err && cat err && grep "$2" err
}

test_expect_success 'two users, and one in between under the address of either' '
	start_server alice bob && between &&
	pair anna front && pair back ben
'

test_expect_success 'at first use they take what comes for whom they mean' '
	is anna bob seen && is ben alice seen &&
	knows_key_of anna front && knows_key_of ben back &&
	test_must_fail knows_key_of anna ben && test_must_fail knows_key_of ben anna
'

test_expect_success 'so mallory reads what ben shares with anna, and anna gets what mallory makes of it' '
	"$TOP/t/tools/make-repo" ben/project.git 3 0 &&
	as ben git xmpp share ben/project.git --name=project --push=alice@localhost &&
	as back git clone -q $ben_url back/project &&
	git -C back/project commit -q --allow-empty -m "of mallory" &&
	git clone -q --bare back/project front/project.git &&
	as front git xmpp share front/project.git --name=project --push=alice@localhost &&
	as anna git clone -q $anna_url anna/project &&
	test "$(git -C anna/project log -1 --format=%s)" = "of mallory"
'

test_expect_success 'comparing shows other words on the two sides' '
	compares anna bob; compares ben alice;
	test_line_count = 1 anna.words && test_line_count = 1 ben.words &&
	cat anna.words ben.words && ! cmp -s anna.words ben.words
'

test_expect_success 'and the words that each reads of their own key are not those of the device they met' '
	for pair in "anna ben bob" "ben anna alice"
	do
		set -- $pair &&
		test_expect_code 1 as $1 git xmpp verify $3@localhost \
			--fingerprint="$(as $2 git xmpp verify --self)" || return
	done &&
	is anna bob seen && is ben alice seen
'

test_expect_success 'who says no has shut mallory out: nothing is served, and no git is started' '
	as anna timeout 180 "$BUILD/t/on-terminal" "n\ny\n" git xmpp verify bob@localhost >/dev/null;
	as ben timeout 180 "$BUILD/t/on-terminal" "n\ny\n" git xmpp verify alice@localhost >/dev/null;
	is anna bob distrusted && is ben alice distrusted &&
	started=$(grep -c "upload-pack.*started\|receive-pack.*started" log/ben) &&
	before=$(git -C ben/project.git for-each-ref) &&
	test_must_fail as back timeout 180 git ls-remote $ben_url &&
	test_must_fail as back timeout 180 git -C back/project push -q origin HEAD:stolen &&
	test "$(grep -c "upload-pack.*started\|receive-pack.*started" log/ben)" -eq $started &&
	test "$before" = "$(git -C ben/project.git for-each-ref)"
'

test_expect_success 'anna and ben, and those in between, begin anew' '
	for who in anna front back ben
	do
		stop_broker $who && rm -rf $who/.data $who/.state && start_broker $who || return
	done &&
	as anna git xmpp remove bob@localhost && as front git xmpp remove alice@localhost &&
	as back git xmpp remove bob@localhost && as ben git xmpp remove alice@localhost
'

# takes_the_place_of <device>: mallory's key at the address that is that device's.
takes_the_place_of () {
	"$BUILD/t/odd-device" takes "$second_port" "$TRASH/two/prosody/localhost.crt" \
		"alice@localhost/git.$1" "$PASSWORD" "$(key_of back)" bob@localhost >odd 2>&1 &
	odd_pid=$!
	started $odd_pid
	wait_for 10 grep -q "^online" odd
}

test_expect_success 'an invitation that mallory has read, and stands in between: their key is not the one in it' '
	invite &&
	device=$(as anna git xmpp device | sed -n "s/^\* \([a-z2-7]*\) .*/\1/p") &&
	stop_broker back && takes_the_place_of "$device" &&
	refused ben "has another key than the one that the invitation names; nothing was told to it" &&
	cat odd && ! grep "^pass" odd &&
	test_must_fail knows_key_of ben back && stated anna open &&
	end_process $odd_pid
'

test_expect_success 'mallory uses it first: anna verifies what came, and ben, who comes later, is told' '
	as front git xmpp join "$link" && stated anna used bob@localhost &&
	wait_for 10 is anna bob verified &&
	unanswered ben &&
	device_at ben_there bob "$first_port" "$TRASH/prosody/localhost.crt" && jid_ben_there=bob@localhost &&
	start_broker ben_there &&
	refused ben_there "was used before, by another device" &&
	grep "^hint: .*somebody else has read the link" err &&
	is anna bob pending
'

test_expect_success 'one that nobody has read on the way joins the two, and mallory cannot use it' '
	as anna git xmpp distrust bob@localhost --fingerprint="$(as front git xmpp verify --self)" && invite &&
	wrong=$(echo "$link" | sed "s/secret=..../secret=aaaa/") && right=$link && link=$wrong &&
	refused front "does not accept this invitation\|does not answer" && stated anna open &&
	link=$right && as ben_there git xmpp join "$link" && stated anna used bob@localhost &&
	is anna bob verified && is anna bob distrusted && is ben_there alice verified
'

test_done
