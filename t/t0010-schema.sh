#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What each verb prints for programs is what the schema says, when it works and when it fails. The
# broker says what it is told.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-fake.sh"

python3 -c 'import jsonschema' 2>/dev/null || test_skip_all 'python3-jsonschema is not here'

schema=$TOP/Documentation/git-xmpp.schema.json
tab=$(printf '\t')
escape=$(printf '\033')
fp=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
online="send:L:kind=account,name=example,jid=alice@example.org/git-x,state=online"
device="send:L:kind=device,jid=bob@example.org,device=d,fingerprint=$fp,trust=seen,online=1,first-seen=1750000000"

# is <definition> <status> <verb> [<argument>...]: what it prints with --json, in "out". All answers
# are held against the schema at once, at the end: a Python for each would take a minute.
answers=
number=0
is () {
	local definition status

	definition=$1 status=$2
	shift 2
	test_expect_code "$status" git xmpp "$@" --json >out 2>err &&
	test_line_count -eq 1 out && ! grep "^fatal\|^error" err || return
	number=$((number + 1))
	cp out "$number.$1.json" && answers="$answers $definition $number.$1.json"
}

test_expect_success 'the schema is one, and each answer is one of those that it lists' '
	echo "{\"version\":1,\"done\":true,\"messages\":[],\"warnings\":[],\"hints\":[]}" >good &&
	"$TOP/t/tools/check-json" "$schema" answer good &&
	sed "s/}/,\"more\":1}/" good >bad && test_expect_code 1 "$TOP/t/tools/check-json" "$schema" answer bad &&
	sed "s/1,/2,/" good >bad && test_expect_code 1 "$TOP/t/tools/check-json" "$schema" answer bad &&
	sed "s/\"version\":1,\(.*\)}/\1,\"version\":1}/" good >bad &&
	test_expect_code 1 "$TOP/t/tools/check-json" "$schema" answer bad
'

test_expect_success 'every verb that fails says so in JSON, with its exit status' '
	for verb in "buddies" "add bob@example.org" "accept bob@example.org" "decline bob@example.org" "invite" "invite --list" \
		"invite --revoke=1" "remove bob@example.org" "distrust bob@example.org" "block bob@example.org" "unblock bob@example.org" \
		"verify --self" "verify bob@example.org" "device" "device rename x" "list" "list bob@example.org" \
		"move bob@example.org bob@example.net"
	do
		is answer-error 128 $verb || return 1
		grep "\"id\":\"[a-z-]*\",\"message\":\"[^\"]" out || return 1
	done &&
	for verb in share follow unfollow "queue push"
	do
		is answer-error 128 $verb || return 1
	done &&
	is answer-error 1 unshare nothing && grep "\"hint\":\".*share --list" out &&
	is answer-error 1 queue drop q7 && grep "\"id\":\"no-such-entry\"" out &&
	is answer-error 128 add a@b@c && grep "\"id\":\"bad-jid\"" out
'

test_expect_success 'so does a usage that is none, and a verb that is none' '
	for verb in setup buddies add accept decline invite join remove distrust block unblock verify device nickname list share unshare follow unfollow queue lfs log status cancel doctor daemon purge move
	do
		is answer-error 129 $verb --nonsense && grep "\"id\":\"usage\"" out || return 1
	done &&
	is answer-error 129 frobnicate && grep "\"id\":\"bad-command\"" out
'

test_expect_success 'no broker is an answer of status; daemon stop has nothing to do' '
	is answer-status 1 status && is answer-status 1 daemon status && is answer 1 daemon stop
'

test_expect_success 'status' '
	fake open:Q "send:L:kind=broker,pid=4711,version=0.1.0,started=1750000000,device=git-x,fingerprint=$fp,name=laptop" "$online" \
		"send:L:kind=account,name=b,jid=b@c,state=failed,error-id=auth-failed,error=wrong,hint=try,retry-in=5" \
		"send:L:kind=paths,transport=auto,port=4711,proxy=proxy.example.org,mapping=mapped,mapping-protocol=PCP,mapping-address=9.9.1.1:40001,mapping-until=1750000000" \
		"send:L:kind=notice,id=wants,jid=z@example.org,text=t,hint=h" \
		"send:L:kind=share,name=p,path=/x,fetch=a@b,push=a@b" \
		"send:L:kind=link,jid=b@c,device=d,path=direct,state=up,rate=5,moves=in,congestion=bbr" \
		"send:L:kind=transfer,id=1a2b3c4d5e,jid=b@c,device=d,share=s,service=upload-pack,direction=in,sent=1,received=0,path=direct,total=5,rate=5,moves=out,limited=1" \
		"send:L:kind=follow,jid=b@c,share=proj,remote=origin,path=/src/.git,state=waiting,error=no,retry-in=5" \
		"send:L:kind=joining,jid=b@c,own=1,share=s,since=1750000000,until=1750009999" \
		"send:L:kind=count,buddies=5,reachable=2" send:Z: &&
	is answer-status 0 status
'

test_expect_success 'cancel' '
	row="send:L:kind=transfer,id=1a2b3c4d5e,jid=b@c,device=d,share=s,service=upload-pack,direction=in,sent=1,received=0,path=direct" &&
	fake open:Q "$online" "$row" send:Z: && is answer-transfers 0 cancel && grep "\"id\":\"1a2b3c4d5e\"" out &&
	fake open:Q "$online" "$row" send:Z: next open:Q "send:L:kind=ended,jid=b@c,share=s,service=upload-pack,direction=in,finishes=0" send:Z: &&
	is answer 0 cancel 1a && grep "\"messages\":\[\"ended the fetch of b@c: s\"\]" out &&
	fake open:Q "$online" "$row" send:Z: && is answer-error 1 cancel 2b && grep "\"id\":\"no-such-transfer\"" out &&
	fake open:Q "$online" "$row" "send:L:kind=transfer,id=1a2b3c4d5f,jid=b@c,share=s,service=upload-pack,direction=in,path=direct" send:Z: &&
	is answer-error 128 cancel 1a2b3c4d && grep "\"id\":\"which-transfer\"" out &&
	fake open:Q "$online" "$row" send:Z: next open:Q "send:L:kind=ended,jid=b@c,share=s,service=receive-pack,direction=in,finishes=1" send:Z: &&
	is answer-error 128 cancel 1a && grep "\"id\":\"push-arrived\"" out
'

test_expect_success 'doctor' '
	fake open:Q "send:L:kind=broker,pid=1,version=0.0.9" "$online" send:Z: next open:Q send:Z: &&
	is answer-doctor 1 doctor && grep "\"id\":\"broker-version\"" out
'

test_expect_success 'buddies, device, list' '
	fake open:Q "$online" "send:L:kind=buddy,jid=bob@example.org,subscription=both,online=1,git=1,trust=seen,last-seen=1750000000" "$device" \
		"send:L:kind=buddy,jid=z@example.org,subscription=none,wants=1,trust=none" send:Z: &&
	is answer-buddies 0 buddies &&
	fake open:Q "send:L:kind=account,jid=a@b,state=offline,roster=1,error-id=server-unreachable,error=no,hint=wait" send:Z: &&
	is answer-buddies 0 buddies && grep "\"offline\":{" out &&
	fake open:Q "$device" send:Z: && is answer-device 0 device &&
	fake open:Q "send:L:kind=share,jid=b@c,device=d,share=p,right=push,head=refs/heads/main,object=$fp,changed=1750000000" \
		"send:L:kind=device,jid=b@c,device=d,state=pending" send:Z: && is answer-list 0 list
'

test_expect_success 'what a verb says and warns of' '
	fake open:Q "send:Z:message=asked bob$escape" && is answer 0 add bob@example.org &&
	grep "\"done\":true,\"messages\":\[\"asked bob" out && ! grep "$escape" out &&
	for verb in accept decline remove block unblock distrust
	do
		fake open:Q "send:Z:message=fine" && is answer 0 $verb bob@example.org || return 1
	done &&
	fake open:Q "send:L:kind=broker,fingerprint=$fp" "$online" send:Z: && is answer 0 verify --self && grep "0011 2233" out
'

test_expect_success 'verify: without a fingerprint nothing is asked of a program' '
	fake open:Q "send:L:kind=buddy,jid=bob@example.org" "$device" send:Z: next open:Q "send:L:kind=broker,fingerprint=$fp" "$online" send:Z: &&
	test_expect_code 128 "$BUILD/t/on-terminal" "y\n" git xmpp verify bob@example.org --json >out &&
	"$TOP/t/tools/check-json" "$schema" answer-error out && grep "standard input is no terminal" out
'

test_expect_success 'device export: nor is a passphrase' '
	fake open:Q "$online" "$device" send:Z: next open:Q "$online" send:Z: &&
	test_expect_code 128 "$BUILD/t/on-terminal" "four words of mine\n" git xmpp device export key --json >out &&
	"$TOP/t/tools/check-json" "$schema" answer-error out && grep "no program is asked for it" out
'

test_expect_success 'invite' '
	row="send:L:kind=invitation,id=1a2b3c4d,state=open,made=1750000000,expires=1750259200" &&
	fake open:Q "$row,link=xmpp:a@b" send:Z: && is answer-invite 0 invite &&
	fake open:Q "$row" "$row,state=used,jid=b@c,fingerprint=$fp,used=1750000005,share=p,right=push" send:Z: && is answer-invitations 0 invite --list
'

test_expect_success 'share, follow, queue, log, and what needs no broker' '
	fake_stop && git config --global xmpp.account example && git config --global xmpp.example.jid alice@example.org &&
	git init -q --bare shared.git && is answer 0 share shared.git --push=bob@example.org --protect=main --fetch=buddies &&
	mkdir -p "$HOME/.local/state/git-xmpp" &&
	printf "1750000002|transfer|bob@example.org|shared|pushed|ok|text|242|direct|main a..b|\n" | tr "|" "$tab" >"$HOME/.local/state/git-xmpp/events" &&
	is answer-shares 0 share --list && grep "\"last\":{\"time\"" out && is answer-log 0 log &&
	git init -q work && git -C work remote add origin xmpp::bob@example.org/shared && git -C work commit -q --allow-empty -m one &&
	(cd work && is answer 0 follow && is answer-follows 0 follow --list && is answer-queue 0 queue push && is answer-queue 0 queue &&
		is answer 0 queue drop q1 && is answer 0 unfollow) &&
	is answer 0 unshare shared &&
	is answer 0 setup bob@example.net --name=b --password-command=x --no-start
'

# lines <verb> [<argument>...]: what it prints with --porcelain, with | for tabs.
lines () {
	git xmpp "$@" --porcelain | tr "$tab" "|"
}

test_expect_success '--porcelain: the same members, a line each' '
	fake open:Q "$online" "send:L:kind=notice,id=wants,jid=z@example.org,text=t$escape,hint=h" "send:L:kind=share,name=p,path=/x,fetch=a@b,fetch=c@d" \
		"send:L:kind=count,buddies=5,reachable=2" send:Z: &&
	lines status >actual &&
	cat >expect <<-\END &&
	broker|-
	paths|-
	accounts|example|alice@example.org/git-x|online|-|-
	notices|wants|z@example.org|t\x1b|h|false|-
	shares|p|/x|a@b,c@d|-|its repository is gone|-
	buddies|5
	reachable|2
	END
	test_cmp expect actual &&
	fake open:Q "send:Z:message=asked bob" && lines add bob@example.org >actual &&
	printf "done|true\nmessages|asked bob\n" >expect && test_cmp expect actual &&
	fake_stop && test_expect_code 128 git xmpp list --porcelain >out 2>err && test_is_empty out && grep "^fatal: cannot connect" err
'

test_expect_success 'an answer that cannot be written is an error' '
	test_expect_code 128 git-xmpp add nobody --json >/dev/full 2>err && grep "^fatal: cannot write" err &&
	test_expect_code 128 git-xmpp share --list --porcelain >&- 2>err || { cat err; git-xmpp share --list --porcelain; test $? -eq 0; }
'

test_expect_success 'each of these answers is what the schema says' '
	test $number -ge 80 && "$TOP/t/tools/check-json" "$schema" $answers
'

test_done
