#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A device that Alice trusts takes all that it can. Her broker answers her meanwhile, Carol is
# served, and neither memory nor log grow beyond what limits.md says.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-attack.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project
gate=$TRASH/gate

# trusted <user>: a device of theirs, whose key the attacker has; their broker is not there.
trusted () {
	setup_user "$1" && start_broker "$1" && pair alice "$1" && stop_broker "$1"
}

# trusted_too <directory> <user>: another one.
trusted_too () {
	second_device "$1" "$2" &&
	as alice git xmpp verify "$2@localhost" --fingerprint="$(as "$1" git xmpp verify --self)" &&
	wait_for 10 device_is "$1" "$2" verified &&
	stop_broker "$1"
}

slow_hook () {
	mkdir -p "$gate" && : >"$gate/closed" &&
	cat >alice/$1.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	while test -e "$gate/closed"
	do
		sleep 0.05
	done
	END
	chmod +x alice/$1.git/hooks/pre-receive
}

open_gate () {
	rm -f "$gate/closed"
}
test_atexit open_gate

test_expect_success 'alice, carol, and mallory with two devices, all trusted' '
	evil_server &&
	start_server alice carol dave bob mallory &&
	friends &&
	direct_user alice && reload alice &&
	trusted mallory && trusted_too mallory2 mallory && trusted bob && trusted_too alice2 alice &&
	"$TOP/t/tools/make-repo" alice/inbox.git 3 &&
	"$TOP/t/tools/make-repo" alice/outbox.git 3 &&
	as alice git xmpp share alice/project.git --name=project --fetch=carol@localhost --fetch=mallory@localhost &&
	as alice git xmpp share alice/inbox.git --name=inbox --push=mallory@localhost --push=bob@localhost &&
	as alice git xmpp share alice/outbox.git --name=outbox --push=carol@localhost &&
	as carol git ls-remote $url && wait_for 5 no_services &&
	remember
'
test $test_failed -eq 0 || test_done

key () {
	key_of "$1"
}

# Here, for later there will be too many lines to be written.
test_expect_success 'of a broken rule the log has record, field and rule' '
	attack --as bob@localhost --key $(key bob) --rate 5 --count 1 records $victim "18 id=%i channel=0" &&
	wait_for 10 grep "bob@localhost/.*: broke the protocol: STARTING-PUSH record: channel: " log/alice &&
	attack_ends
'

pushes () {
	git -C carol/work commit -q --allow-empty -m more &&
	served 20 -C carol/work push -q xmpp::alice@localhost/outbox HEAD:refs/heads/carols
}

# Of a path over TCP everybody on the way sees the first hello, and can say it again. Before the
# floods, for who floods is not answered for a while.
test_expect_success 'who has seen how a device is dialled hears nothing, and learns nobody'"'"'s key' '
	attack --as mallory@localhost --key $(key mallory) peek $victim &&
	cat "$said" &&
	grep "^ready done=1" "$said" &&
	test_must_fail grep "^saw" "$said" &&
	grep "^to the hello: [1-9]" "$said" &&
	test "$(grep -c "^to .*: 0 bytes" "$said")" -eq 3
'
test_expect_success 'and has gone' 'open_gate && has_gone'

test_expect_success 'carol has something to push' '
	as carol git clone -q $url carol/work && pushes
'
figures

for how in '' --accept '--accept --drip' '--tcp' '--tcp --accept --drip'
do
	test_expect_success "fetches that nobody goes on with, by two devices of one person $how" '
		attack --as mallory@localhost --key $(key mallory) --share project --each 60 $how fetch $victim &&
		attack --as mallory@localhost --key $(key mallory2) --share project --each 60 $how fetch $victim &&
		is_served && pushes &&
		bounded 16384 64
	'
	figures
	test_expect_success 'and have gone' 'open_gate && has_gone'
done

test_expect_success 'fetches of another device of her own, and of a friend at the same time' '
	attack --as alice@localhost --key $(key alice2) --share project --each 60 --accept fetch $victim &&
	attack --as mallory@localhost --key $(key mallory) --share project --each 60 --accept --tcp fetch $victim &&
	is_served && pushes &&
	bounded 16384 64
'
figures
test_expect_success 'and have gone' 'open_gate && has_gone'

test_expect_success 'archives that nobody goes on with' '
	attack --as mallory@localhost --key $(key mallory) --share project --service upload-archive --each 60 fetch $victim &&
	attack --as mallory@localhost --key $(key mallory2) --share project --service upload-archive --each 60 fetch $victim &&
	is_served && pushes &&
	bounded 16384 64
'
figures
test_expect_success 'and have gone' 'open_gate && has_gone'

test_expect_success 'pushes that are left behind, one after the other, while their hooks are slow' '
	slow_hook inbox &&
	attack_begins --as mallory@localhost --key $(key mallory) --share inbox --count 60 leave $victim &&
	attack_begins --as mallory@localhost --key $(key mallory2) --share inbox --count 60 leave $victim &&
	{ wait_for 5 has_left 30; true; } &&
	running=$(service_pids | wc -l) &&
	figure "$running pushes of one share run at once" &&
	is_served && pushes &&
	test $running -le 1 &&
	bounded 16384 64
'
figures
test_expect_success 'and have gone' 'open_gate && has_gone'

# has_left <n>: who attacked last.
has_left () {
	test "$(grep -c "^left" "$said")" -ge "$1"
}

asked () {
	grep "^outcome" "$said"
}

# outcome_of <id> received=<bytes>: as Bob is told.
outcome_of () {
	attack --as bob@localhost --key $(key bob) --rate 5 --count 1 records $victim "22 id=$1 $2" &&
	wait_for 30 asked
}

test_expect_success 'what became of a push is told, however many others have lost their links since' '
	attack_begins --as bob@localhost --key $(key bob) --share inbox --count 1 leave $victim &&
	wait_for 30 has_left 1 &&
	push=$(sed -n "s/^left //p" "$said" | head -n 1) &&
	attack_ends && wait_for 10 no_services &&
	outcome_of $push | grep "outcome done" &&
	attack_ends &&
	attack --as mallory@localhost --key $(key mallory) --share inbox --count 40 leave $victim &&
	wait_for 90 has_left 33 &&
	outcome_of $push | grep "outcome done" &&
	is_served && pushes &&
	bounded 16384 64
'
figures
test_expect_success 'and have gone' 'open_gate && has_gone'

# hears <record>...: all of them, over and over.
hears () {
	attack --as mallory@localhost --key $(key mallory) $path --count 500 records $victim "$@" &&
	answers alice &&
	served 20 ls-remote -q $url >/dev/null &&
	pushes &&
	answers alice &&
	bounded 32768 64
}

id='id=%i'
for path in '' --tcp
do
	test_expect_success "requests for what there is not, over and over ${path:-in-band}" '
		hears "16 $id share=no-such-share-%n" "16 $id share=project" "22 $id received=0" \
			"17 $id share=no-such-share-%n service=upload-pack git-protocol=2" \
			"17 $id share=project service=receive-pack" "17 $id share=project service=no-such-%n"
	'
	figures
	test_expect_success 'and has gone' 'open_gate && has_gone'

	test_expect_success "requests that are served, and offers that are wanted ${path:-in-band}" '
		hears "17 $id share=project service=upload-pack git-protocol=2" "16 $id share=inbox"
	'
	figures
	test_expect_success 'and has gone' 'open_gate && has_gone'

	test_expect_success "answers to nothing, and news of everything ${path:-in-band}" '
		hears "99 x=y" "19 $id reason=busy" "20 $id reason=cancelled" "21 $id state=deferred" "21 $id state=x%n" \
			"23 $id state=done status=0 data=30" "24 transport=auto" "24 transport=inband" \
			"24 transport=auto token=0123456789abcdef0123456789abcdef address=127.0.0.1:1" \
			"25 sid=0123456789abcdef0123456789abcdef state=failed reason=lost" \
			"16 $id share=project kind=announcement version=%n tip=0123456789abcdef0123456789abcdef01234567"
	'
	figures
	test_expect_success 'and has gone' 'open_gate && has_gone'

	for record in "18 $id channel=1" "39 x=y" "1 protocol=1" "32 hex:0000000100001000" "34 hex:0000000178" "24 token=x"
	do
		test_expect_success "a record that ends the link, and another link: ${record%% *} ${path:-in-band}" '
			hears "$record"
		'
		figures
		test_expect_success 'and has gone' 'open_gate && has_gone'
	done
done

test_done
