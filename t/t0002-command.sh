#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# git xmpp: what it writes into the configuration, what it asks the broker,
# and how it shows the answer. The broker does what it is told.

. "$(dirname "$0")/lib/test-lib.sh"

. "$TOP/t/lib/lib-fake.sh"

fp=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
fp_text="0011 2233 4455 6677 8899 AABB CCDD EEFF 0011 2233 4455 6677 8899 AABB CCDD EEFF"
broker_row="send:L:kind=broker,pid=4711,version=0.1.0,started=1750000000,device=git-x,fingerprint=$fp"
online_row="send:L:kind=account,name=example,jid=alice@example.org/git-x,state=online"
escape=$(printf '\033[2J')
SQ="'"

test_expect_success 'usage: on standard output when asked for, else with what is wrong; 129' '
	for verb in setup buddies add accept decline invite join remove distrust block unblock verify device nickname list clone share unshare follow unfollow queue lfs log status cancel doctor daemon purge help
	do
		test_expect_code 129 git xmpp $verb -h >out 2>err || return 1
		grep "^usage: git xmpp $verb" out && test_is_empty err || return 1
		test_expect_code 129 git xmpp $verb --nonsense >out 2>err || return 1
		test_is_empty out && grep "^error: " err && grep "^usage: " err || return 1
	done &&
	test_expect_code 129 git xmpp add -x@example.org 2>err && grep "unknown option ${SQ}-x${SQ}" err &&
	test_expect_code 129 git xmpp -h >out &&
	grep "^usage: git xmpp <command>" out &&
	test_expect_code 129 git xmpp &&
	test_expect_code 129 git xmpp add &&
	test_expect_code 129 git xmpp share --name &&
	test_expect_code 129 git xmpp frobnicate 2>err &&
	grep "^fatal: no such command: .frobnicate." err && has_message bad-command err
'

test_expect_success 'hints are silenced as those of git, but not for programs' '
	fake_stop && git config --global advice.xmppBrokerUnreachable false &&
	test_expect_code 128 git xmpp buddies 2>err && test_line_count = 1 err && has_message broker-unreachable err &&
	test_expect_code 128 git xmpp buddies --json >out && grep "\"hint\":\"Start it with" out &&
	test_expect_code 1 git xmpp unshare nothing 2>err && test_line_count = 2 err &&
	git config --global advice.xmppHints false &&
	test_expect_code 1 git xmpp unshare nothing 2>err && test_line_count = 1 err &&
	test_expect_code 129 git xmpp statsu 2>err && grep "^fatal: no such command" err && ! grep ^hint: err &&
	test_expect_code 129 git xmpp statsu --json >out && grep "\"hint\":\"The nearest one" out;
	git config --global --remove-section advice
'

test_expect_success 'status without a broker: exit 1, and none is started' '
	test_expect_code 1 git xmpp status >out 2>err &&
	echo "no broker runs  git xmpp daemon start" >expect &&
	test_cmp expect out &&
	test_is_empty err &&
	test_expect_code 1 git xmpp status --json >out &&
	grep "^{\"version\":1,\"broker\":null,.*}$" out
'

test_expect_success 'status shows all there is, escaped' '
	set -- "$broker_row" "$online_row" "send:L:kind=share,name=proj,path=/" "send:L:kind=share,name=a b,path=/nowhere/x" \
		"send:L:kind=paths,transport=auto,port=4711,proxy=proxy.example.org" \
		"send:L:kind=count,buddies=5,reachable=2" \
		"send:L:kind=link,jid=bob@example.org,device=d$escape,path=direct,state=attached,congestion=bb$escape" \
		"send:L:kind=transfer,jid=bob@example.org,device=d,share=proj,service=upload-pack,direction=in,sent=1048576,received=10,path=direct 192.0.2.7:4711,rate=6349,moves=out" \
		"send:L:kind=transfer,jid=carol@example.org,device=d,share=s$escape,service=receive-pack,direction=out,sent=1048576,total=4194304,received=10,path=in-band,rate=6349,moves=out,limited=1" \
		"send:L:kind=follow,jid=bob@example.org,share=proj,remote=origin,path=/src/.git,state=waiting,error=no,retry-in=5" \
		send:Z: &&
	fake open:Q "$@" next open:Q "$@" &&
	git xmpp status >actual &&
	grep "^Q verb=status$" "$heard" &&
	cat >expect <<-END &&
	alice@example.org  online
	this device        git-x  direct connections on port 4711; proxy proxy.example.org
	! share ${SQ}a b${SQ} is not served: its repository is gone  git xmpp unshare ${SQ}a b${SQ}
	bob@example.org is fetching    proj      sent 1.0 MiB    6.2 KiB/s            direct
	you push to carol@example.org  s\x1b[2J  25% of 4.0 MiB  6.2 KiB/s  8 min left  through example.org (its limit)
	follow  bob@example.org/proj  origin /src/.git  waiting: no (next attempt in 5 seconds)
	2 shares, 1 followed, 5 buddies (2 online with git)
	END
	sed "s/  *8 min left/  8 min left/; s/KiB\/s   *direct/KiB\/s            direct/" actual >out && test_cmp expect out &&
	git xmpp status --verbose >out &&
	grep "^broker  running, pid 4711, 0.1.0, since 2025-06-15 [0-9:]*$" out &&
	grep "^link .*bob@example.org  d.x1b\[2J  direct  attached  congestion control bb.x1b\[2J$" out
'

test_expect_success 'status and cancel show as much of an id as it needs; what begins like two is listed' '
	row () { echo "send:L:kind=transfer,id=$1,jid=$2@c,share=s,service=upload-pack,direction=in,path=direct"; } &&
	set -- "$online_row" "$(row 0123456789aa a)" "$(row 0123456789bb b)" "$(row fedcba987654 c)" "$(row fedcba987654 c)" send:Z: &&
	fake open:Q "$@" next open:Q "$@" next open:Q "$@" &&
	git xmpp status >out && grep "^a@c .*  0123456789a$" out && grep "^b@c .*  0123456789b$" out &&
	grep "^c@c .*  fedc$" out && git xmpp cancel >out && grep "^a@c .*  git xmpp cancel 0123456789a$" out &&
	test_expect_code 128 git xmpp cancel 0123 >out 2>err && test_line_count -eq 2 out &&
	grep "more than one transfer begins with ${SQ}0123${SQ}" err && has_message which-transfer err &&
	fake open:Q "$online_row" "$(row 0123 a)" send:Z: && test_expect_code 1 git xmpp cancel "" 2>err &&
	fake open:Q "$online_row" "$(row fedcba987654 c)" "$(row fedcba987654 c)" send:Z: next open:Q "send:L:kind=ended,jid=c@c,share=s,service=upload-pack,direction=in,finishes=0" send:Z: &&
	git xmpp cancel fed >out && grep "^Q verb=cancel id=fedcba987654$" "$heard" &&
	printf "ended the fetch of c@c: s\n" >expect && test_cmp expect out
'

test_expect_success 'status --json is one object' '
	fake open:Q "$broker_row" "$online_row" "send:L:kind=paths,transport=auto,port=4711,proxy=proxy.example.org" \
		"send:L:kind=share,name=p\"q,path=/x,fetch=a@b,fetch=c@d,push=a@b" \
		"send:L:kind=count,buddies=5,reachable=2" send:Z: &&
	git xmpp status --json >actual &&
	cat >expect <<-END &&
	{"version":1,"broker":{"pid":4711,"started":"2025-06-15T15:06:40Z","started_by":null,"stopping":false,"version":"0.1.0","device":"git-x","fingerprint":"$fp","name":null},"paths":{"transport":"auto","port":4711,"error":null,"proxy":"proxy.example.org","port_mapping":null},"accounts":[{"name":"example","jid":"alice@example.org/git-x","state":"online","error":null,"retry_in":null}],"notices":[],"shares":[{"name":"p\\"q","path":"/x","fetch":["a@b","c@d"],"push":["a@b"],"fault":"that cannot be a share${SQ}s name","account":null}],"links":[],"transfers":[],"follows":[],"joinings":[],"buddies":5,"reachable":2}
	END
	test_cmp expect actual
'

test_expect_success 'status says why nobody can dial, and when that is tried again' '
	row="send:L:kind=paths,transport=auto,error=address already in use,retry-in=7,proxy=p.example" &&
	fake open:Q "$broker_row" "$online_row" "$row" send:Z: next open:Q "$online_row" "$row" send:Z: &&
	git xmpp status >out &&
	grep "^! nobody can connect to this device directly: address already in use  next attempt in 7 seconds$" out &&
	git xmpp status --json >out && grep "\"port\":0,\"error\":\"address already in use\"" out
'

test_expect_success 'status of an account that failed: exit 1, with the error and its hint' '
	row="send:L:kind=account,name=example,jid=a@b,state=failed,error-id=auth-failed,error=wrong password,hint=do this" &&
	fake open:Q "$broker_row" "$row" send:Z: next open:Q "$row" send:Z: &&
	test_expect_code 1 git xmpp status >out &&
	grep "^a@b  *failed: wrong password$" out &&
	grep "^hint: do this$" out &&
	test_expect_code 1 git xmpp status --json >out &&
	grep "\"error\":{\"id\":\"auth-failed\",\"message\":\"wrong password\",\"hint\":\"do this\"}" out
'

test_expect_success 'status --wait asks until the account is online' '
	connecting="send:L:kind=account,name=e,jid=a@b,state=connecting" &&
	fake open:Q "$connecting" send:Z: next open:Q "$connecting" send:Z: next open:Q "$online_row" send:Z: &&
	git xmpp status --wait=20 >out &&
	grep online out &&
	fake open:Q "$connecting" send:Z: &&
	test_expect_code 1 git xmpp status --wait=0 &&
	test_expect_code 129 git xmpp status --wait=soon
'

# The buddies of all the tests below.
buddies_answer () {
	set -- "$@" "send:L:kind=buddy,jid=bob@example.org,subscription=both,asked=0,wants=0,online=1,git=1,last-seen=0,trust=seen" \
		"send:L:kind=device,jid=bob@example.org,device=laptop,fingerprint=$fp,trust=seen,online=1,first-seen=1750000000" \
		"send:L:kind=buddy,jid=dave@example.net,subscription=both,asked=0,wants=0,online=1,git=0,last-seen=0,trust=none" \
		"send:L:kind=buddy,jid=erin@example.org,subscription=to,asked=1,asked-again=60,wants=0,online=0,git=0,last-seen=0,trust=none" \
		"send:L:kind=buddy,jid=frank@example.com,subscription=none,asked=0,wants=1,online=0,git=0,last-seen=0,trust=none" \
		"send:L:kind=buddy,jid=gone@example.com,subscription=both,asked=0,wants=0,online=0,git=0,last-seen=1750000000,trust=none" \
		send:Z:
	fake open:Q "$@"
}

test_expect_success 'buddies: a table for people' '
	buddies_answer &&
	git xmpp buddies >out &&
	sed "s/ seen [0-9]* days ago/ seen N days ago/" out >actual &&
	cat >expect <<-\END &&
	  bob@example.org    online     seen, not verified, 1 device
	  dave@example.net   chat only  no git-xmpp
	  erin@example.org   asked      has not answered yet; is asked again in 1 minute
	! frank@example.com  asks       wants to be your buddy  git xmpp accept frank@example.com
	  gone@example.com   offline    last seen N days ago
	END
	test_cmp expect actual
'

test_expect_success 'buddies: lines and an object for programs' '
	buddies_answer &&
	git xmpp buddies --porcelain >actual &&
	tr "|" "\t" >expect <<-\END &&
	bob@example.org|git|both|seen|1|-|0|-|-|0|0
	dave@example.net|online|both|none|0|-|0|-|-|0|0
	erin@example.org|asked|to|none|0|-|0|-|-|0|60
	frank@example.com|wants|none|none|0|-|0|-|-|0|0
	gone@example.com|offline|both|none|0|2025-06-15T15:06:40Z|0|-|-|0|0
	END
	test_cmp expect actual &&
	buddies_answer &&
	git xmpp buddies --json --online >out && sed "s/\"words\":\"[a-z ]*\"/\"words\":null/" out >actual &&
	cat >expect <<-END &&
	{"version":1,"offline":null,"buddies":[{"jid":"bob@example.org","state":"git","subscription":"both","trust":"seen","last_seen":null,"pending":0,"self":false,"blocked":false,"removed":false,"error":null,"asked_again":0,"protocol":0,"devices":[{"device":"laptop","fingerprint":"$fp","trust":"seen","online":true,"first_seen":"2025-06-15T15:06:40Z","name":null,"words":null,"since":null,"last_seen":null,"by":null,"compared":false,"also":null,"protocol":0}]},{"jid":"dave@example.net","state":"online","subscription":"both","trust":"none","last_seen":null,"pending":0,"self":false,"blocked":false,"removed":false,"error":null,"asked_again":0,"protocol":0,"devices":[]}]}
	END
	test_cmp expect actual
'

test_expect_success 'buddies: that nobody is seen while we are offline is said in every form' '
	offline_row="send:L:kind=account,jid=a@b,state=offline,roster=1,error-id=server-unreachable,error=no server,hint=wait" &&
	for form in "" --porcelain --json
	do
		buddies_answer "$offline_row" &&
		git xmpp buddies $form >out 2>err || return 1
		case $form in
		--json)
			test_is_empty err &&
			grep "^{\"version\":1,\"offline\":{\"id\":\"server-unreachable\",\"message\":\"no server\",\"hint\":\"wait\"},\"buddies\":\[{" out ;;
		*)
			grep "^warning: not online, so nobody is seen: no server$" err ;;
		esac || return 1
	done
'

test_expect_success 'one buddy with the devices; nobody: exit 1' '
	fake open:Q "send:L:kind=buddy,jid=bob@example.org,online=1,git=1,trust=seen" \
		"send:L:kind=device,jid=bob@example.org,device=laptop,fingerprint=$fp,trust=seen,online=1,first-seen=1750000000" \
		send:Z: next open:Q "send:!:id=not-buddy,message=no buddy" next open:Q "send:!:id=not-buddy,message=no buddy" &&
	git xmpp buddies BOB@example.org >out &&
	grep "^Q verb=buddies jid=bob@example.org wait=1$" "$heard" &&
	grep "^    laptop[a-z ]*  online  seen  first seen 2025-06-15$" out &&
	grep "^      $fp_text$" out &&
	test_expect_code 1 git xmpp buddies eve@example.org 2>err &&
	grep "^fatal: no buddy" err &&
	test_expect_code 1 git xmpp buddies --json eve@example.org >out 2>err &&
	test_is_empty err &&
	grep "^{\"version\":1,\"error\":{\"id\":\"not-buddy\",\"message\":\"no buddy\",\"hint\":null}}$" out &&
	test_expect_code 128 git xmpp buddies not-a-jid
'

test_expect_success 'add and accept say what the broker did' '
	fake open:Q "send:Z:message=asked bob$escape" next open:Q "send:Z:message=fine" &&
	git xmpp add bob@Example.org >out &&
	echo "asked bob\\x1b[2J" >expect &&
	test_cmp expect out &&
	git xmpp accept bob@example.org >out &&
	echo fine >expect &&
	test_cmp expect out &&
	grep "^Q verb=add jid=bob@example.org$" "$heard" &&
	grep "^Q verb=accept jid=bob@example.org$" "$heard" &&
	test_expect_code 128 git xmpp add bob 2>err &&
	grep "^fatal: nobody is called .bob." err
'

other=ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100

# Buddies of whom there is more to say, and the devices of our own account.
uneasy_answer () {
	fake open:Q \
		"send:L:kind=buddy,jid=alice@example.org,subscription=both,online=1,git=1,trust=pending,pending=1,self=1" \
		"send:L:kind=device,jid=alice@example.org,device=desktop,fingerprint=$fp,trust=verified,online=0,first-seen=1750000000" \
		"send:L:kind=device,jid=alice@example.org,device=thief,fingerprint=$other,trust=pending,online=1,first-seen=1750000000" \
		"send:L:kind=buddy,jid=bob@example.org,subscription=both,online=1,git=1,trust=verified,pending=2" \
		"send:L:kind=device,jid=bob@example.org,device=laptop,fingerprint=$fp,trust=verified,online=1" \
		"send:L:kind=buddy,jid=carol@example.org,subscription=both,online=1,git=1,trust=suspended,removed=1" \
		"send:L:kind=device,jid=carol@example.org,device=x,fingerprint=$fp,trust=suspended,online=1" \
		"send:L:kind=buddy,jid=dave@nosuch.example,subscription=none,asked=1,trust=none,error=remote-server-not-found$escape" \
		"send:L:kind=buddy,jid=erin@example.org,subscription=none,trust=suspended,removed=1" \
		"send:L:kind=buddy,jid=mallory@example.org,subscription=none,wants=1,trust=distrusted,blocked=1" \
		'send:L:kind=buddy,jid=$(id)@example.org,subscription=none,wants=1,trust=none' \
		send:Z:
}

test_expect_success 'buddies: who waits, who is out, and our own other devices' '
	uneasy_answer &&
	git xmpp buddies >actual &&
	cat >expect <<-END &&
	! \$(id)@example.org    asks     wants to be your buddy       git xmpp accept ${SQ}\$(id)@example.org${SQ}
	! bob@example.org      online   verified, 1 device; 2 new devices to be compared  git xmpp verify bob@example.org
	! carol@example.org    online   suspended, 1 device          git xmpp verify carol@example.org
	! dave@nosuch.example  asked    the request was refused: remote-server-not-found\x1b[2J  git xmpp remove dave@nosuch.example
	  erin@example.org     removed  no longer a buddy            git xmpp add erin@example.org
	  mallory@example.org  blocked                               git xmpp unblock mallory@example.org
	! alice@example.org    you      1 new device to be compared  git xmpp verify alice@example.org
	    desktop  offline  verified  first seen 2025-06-15
	      $fp_text
	    thief  online  pending  first seen 2025-06-15  ! to be compared
	      FFEE DDCC BBAA 9988 7766 5544 3322 1100 FFEE DDCC BBAA 9988 7766 5544 3322 1100
	END
	test_cmp expect actual &&
	uneasy_answer &&
	git xmpp buddies --porcelain >actual &&
	tr "|" "\t" >expect <<-\END &&
	$(id)@example.org|wants|none|none|0|-|0|-|-|0|0
	bob@example.org|git|both|verified|1|-|2|-|-|0|0
	carol@example.org|git|both|suspended|1|-|0|removed|-|0|0
	dave@nosuch.example|asked|none|none|0|-|0|-|remote-server-not-found\x1b[2J|0|0
	erin@example.org|offline|none|suspended|0|-|0|removed|-|0|0
	mallory@example.org|wants|none|distrusted|0|-|0|blocked|-|0|0
	alice@example.org|self|both|pending|2|-|1|self|-|0|0
	END
	test_cmp expect actual &&
	uneasy_answer &&
	git xmpp buddies --json >actual &&
	grep "\"jid\":\"alice@example.org\",\"state\":\"self\",.*\"pending\":1,\"self\":true,\"blocked\":false,\"removed\":false,\"error\":null," actual &&
	grep "\"jid\":\"mallory@example.org\",.*\"blocked\":true,\"removed\":false,\"error\":null," actual
'

test_expect_success 'status: what is to be noticed' '
	fake open:Q "$broker_row" "$online_row" \
		"send:L:kind=notice,id=device-new,jid=bob@example.org,text=a new device of bob@example.org waits$escape,hint=git xmpp verify bob@example.org" \
		send:Z: next open:Q "$online_row" "send:L:kind=notice,id=wants,jid=z@example.org,text=t,hint=h" send:Z: &&
	git xmpp status >out &&
	sed -n 3p out >actual &&
	echo "! a new device of bob@example.org waits\\x1b[2J  git xmpp verify bob@example.org" >expect &&
	test_cmp expect actual &&
	git xmpp status --json >out &&
	grep "\"notices\":\[{\"id\":\"wants\",\"jid\":\"z@example.org\",\"text\":\"t\",\"hint\":\"h\",\"news\":false,\"account\":null}\]" out
'

test_expect_success 'device: a name stands beside the id, escaped, and two alike are told apart' '
	fake open:Q \
		"send:L:kind=device,this=1,jid=bob@example.org,device=aaaaaaaaaaaaaaaa,fingerprint=$fp,trust=own,online=1,name=desk" \
		"send:L:kind=device,jid=bob@example.org,device=bbbbbbbbbbbbbbbb,fingerprint=$other,trust=vouched,by=aaaaaaaaaaaaaaaa,online=1,since=1750000000,name=de${escape}sk" \
		"send:L:kind=device,jid=bob@example.org,device=bbbbcccccccccccc,fingerprint=$other,trust=revoked,by=aaaaaaaaaaaaaaaa,online=0,name=desk" \
		send:Z: &&
	git xmpp device >out &&
	sed -n "1p;3p;5p" out >actual &&
	cat >expect <<-END &&
	* aaaaaaaaaaaaaaaa "desk"  online  this device
	  bbbbbbbbbbbbbbbb "de\\x1b[2Jsk"  online  vouched by aaaaaaaaaaaaaaaa  since 2025-06-15
	  bbbbcccccccccccc "desk"  offline  revoked by aaaaaaaaaaaaaaaa  never seen
	END
	test_cmp expect actual
'

test_expect_success 'device retire: by the id, and only if that is one device' '
	rows="send:L:kind=device,jid=b@x.org,device=bbbbbbbbbbbbbbbb,fingerprint=$fp,trust=seen" &&
	more="send:L:kind=device,jid=b@x.org,device=bbbbcccccccccccc,fingerprint=$other,trust=seen" &&
	fake open:Q "$rows" "$more" send:Z: next open:Q "send:Z:message=done" &&
	git xmpp device retire bbbbc >out && grep done out &&
	grep "^Q verb=device-retire fingerprint=$other$" "$heard" &&
	for name in bbbb bbb desk "" xxxxx
	do
		fake open:Q "$rows" "$more" send:Z: &&
		test_must_fail git xmpp device retire "$name" 2>err && cat err &&
		has_message which-device err || return 1
	done &&
	test_expect_code 129 git xmpp device retire a b c &&
	test_expect_code 129 git xmpp device rename
'

test_expect_success 'decline, remove, distrust, block, unblock: told to the broker, said as it answers' '
	for verb in decline remove distrust block unblock
	do
		fake open:Q "send:Z:message=$verb it is" &&
		git xmpp $verb Bob@example.org >out &&
		echo "$verb it is" >expect &&
		test_cmp expect out &&
		grep "^Q verb=$verb jid=bob@example.org$" "$heard" &&
		fake open:Q "send:!:id=no-such-entry,message=no" &&
		test_expect_code 1 git xmpp $verb bob@example.org 2>err &&
		grep "^fatal: no$" err &&
		test_expect_code 128 git xmpp $verb bob &&
		test_expect_code 129 git xmpp $verb &&
		test_expect_code 129 git xmpp $verb bob@example.org carol@example.org || return 1
	done &&
	fake open:Q send:Z: &&
	git xmpp distrust bob@example.org --fingerprint="$fp_text" &&
	grep "^Q verb=distrust jid=bob@example.org fingerprint=$fp$" "$heard" &&
	test_expect_code 128 git xmpp distrust bob@example.org --fingerprint=12 &&
	test_expect_code 129 git xmpp remove bob@example.org --fingerprint=$fp
'

test_expect_success 'add and accept show what is to be compared first, and what to type' '
	for verb in add accept
	do
		fake open:Q "send:L:kind=device,jid=b\$d@example.org,device=old,fingerprint=$other,trust=suspended,online=0,first-seen=1750000000" \
			"send:L:kind=device,jid=b\$d@example.org,device=new,fingerprint=$fp,trust=pending,online=1,first-seen=1750000000,also=eve@example.org" \
			"send:Z:message=nothing counts yet" next open:Q send:Z: &&
		git xmpp $verb "b\$d@example.org" >out 2>err || return 1
	done &&
	cat >expect <<-END &&
	nothing counts yet
	    new  online  pending  first seen 2025-06-15  (the same key as one of eve@example.org)  ! to be compared
	      $fp_text
	    old  offline  suspended  first seen 2025-06-15  ! to be compared
	      FFEE DDCC BBAA 9988 7766 5544 3322 1100 FFEE DDCC BBAA 9988 7766 5544 3322 1100
	END
	test_cmp expect out &&
	cat >expect <<-END &&
	hint: git xmpp verify --fingerprint=$fp ${SQ}b\$d@example.org${SQ}
	hint: git xmpp verify --fingerprint=$other ${SQ}b\$d@example.org${SQ}
	END
	test_cmp expect err &&
	eval "$(sed -n "1s/^hint: //p" err)" &&
	grep "^Q verb=verify jid=b.d@example.org fingerprint=$fp$" "$heard"
'

test_expect_success 'verify: own fingerprint, one that is given, one that is wrong' '
	fake open:Q "$broker_row" send:Z: &&
	git xmpp verify --self >out &&
	echo "$fp_text" >expect &&
	test_cmp expect out &&
	fake open:Q "send:Z:message=verified" next open:Q "send:!:id=fingerprint-mismatch,message=other" &&
	git xmpp verify bob@example.org --fingerprint="$fp_text" &&
	grep "^Q verb=verify jid=bob@example.org fingerprint=$fp$" "$heard" &&
	test_expect_code 1 git xmpp verify bob@example.org --fingerprint=$fp &&
	test_expect_code 128 git xmpp verify bob@example.org --fingerprint=1234
'

test_expect_success 'verify without a terminal shows both and asks nothing' '
	fake open:Q "send:L:kind=buddy,jid=bob@example.org" \
		"send:L:kind=device,jid=bob@example.org,device=laptop,fingerprint=$fp,trust=seen,first-seen=1750000000" \
		send:Z: next open:Q "$broker_row" "$online_row" send:Z: &&
	test_expect_code 128 git xmpp verify bob@example.org >out 2>err &&
	test "$(grep -c "^      $fp_text$" out)" -eq 2 &&
	grep "^error: cannot ask" err &&
	grep "^hint: git xmpp verify --fingerprint=$fp bob@example.org$" err
'

# verify of bob, at a terminal where this is typed; a device that was seen, one that waits, one
# shut out.
verify_typed () {
	typed=$1
	shift
	fake open:Q "send:L:kind=buddy,jid=bob@example.org" \
		"send:L:kind=device,jid=bob@example.org,device=gone,fingerprint=$other,trust=distrusted,online=1" \
		"send:L:kind=device,jid=bob@example.org,device=laptop,fingerprint=$fp,trust=seen,first-seen=1750000000" \
		"send:L:kind=device,jid=bob@example.org,device=new,fingerprint=$other,trust=pending,online=1" \
		send:Z: next open:Q "send:L:kind=comparison,state=failed,reason=offline" send:Z: \
		next open:Q "$broker_row" "$online_row" send:Z: "$@" &&
	"$BUILD/t/on-terminal" "$typed" git xmpp verify bob@example.org >out 2>err
}

test_expect_success 'verify on a terminal: yes, for each; the ones that are online first' '
	verify_typed "y\nYES\n" next open:Q "send:Z:message=fine" next open:Q "send:Z:message=fine too" &&
	sed -n "s/^them  device //p" out >actual &&
	cat >expect <<-\END &&
	new, online, first seen -, new: it can do nothing until it is verified
	gone, online, first seen -, shut out
	laptop, offline, first seen 2025-06-15, trusted as it came, not verified
	END
	test_cmp expect actual && grep "fine$" out && grep "fine too$" out &&
	echo "hint: git xmpp verify --fingerprint=$other bob@example.org" >expect && test_cmp expect err &&
	grep "^Q" "$heard" >actual &&
	cat >expect <<-END &&
	Q verb=buddies jid=bob@example.org meet=1 wait=1
	Q verb=compare jid=bob@example.org fingerprint=$other begin=1
	Q verb=status jid=bob@example.org
	Q verb=verify jid=bob@example.org fingerprint=$other
	Q verb=verify jid=bob@example.org fingerprint=$fp
	END
	test_cmp expect actual
'

test_expect_success 'verify: no shuts the device out, unless that is declined; then what is true is said' '
	test_expect_code 1 verify_typed "n\n\nno\nn\n" next open:Q "send:Z:message=shut out" &&
	grep "shut out$" out &&
	grep "not verified; this device keeps the access it has$" out &&
	grep "^Q verb=distrust jid=bob@example.org fingerprint=$other$" "$heard" &&
	! grep "fingerprint=$fp" "$heard" &&
	test_expect_code 1 verify_typed "n\nno\n\n" &&
	grep "not verified; this device can do nothing$" out &&
	! grep "verb=distrust\|verb=verify" "$heard"
'

test_expect_success 'verify: neither yes nor no, or the end of input, changes nothing' '
	test_expect_code 1 verify_typed "they do read the same, yes\nn\n\\d" &&
	! grep "verb=distrust\|verb=verify" "$heard" &&
	test_expect_code 1 verify_typed "\\d" &&
	! grep "verb=distrust\|verb=verify" "$heard" &&
	test_expect_code 128 verify_typed "n\ny\n" next open:Q "send:!:id=state-file,message=disk full" &&
	grep "^fatal: disk full$" err
'

# words_typed <typed> <row> <answer>...: of a device that is online, with the words of 17a5ef2a.
words_typed () {
	typed=$1
	shift
	fake open:Q "send:L:kind=buddy,jid=bob@example.org" \
		"send:L:kind=device,jid=bob@example.org,device=new,fingerprint=$other,trust=pending,online=1" \
		send:Z: next open:Q "send:L:kind=comparison,state=committed" send:Z: next open:Q "$@" &&
	"$BUILD/t/on-terminal" "$typed" git xmpp verify bob@example.org >out 2>err
}

test_expect_success 'verify: the words that both see, and the digits; what was seen goes with the answer' '
	words_typed "y\n" "send:L:kind=comparison,state=done,words=17a5ef2a" send:Z: \
		next open:Q "send:Z:message=fine" &&
	grep "^      blend nymph vacuum$" out && grep "^      00991 87658$" out && grep "fine$" out &&
	! grep "^you " out && grep "^Q" "$heard" >actual &&
	cat >expect <<-END &&
	Q verb=buddies jid=bob@example.org meet=1 wait=1
	Q verb=compare jid=bob@example.org fingerprint=$other begin=1
	Q verb=compare jid=bob@example.org fingerprint=$other
	Q verb=verify jid=bob@example.org fingerprint=$other words=17a5ef2a
	END
	test_cmp expect actual
'

test_expect_success 'verify: no to the words; what the other user said is shown' '
	test_expect_code 1 words_typed "n\n\n" \
		"send:L:kind=comparison,state=done,words=17a5ef2a,theirs=different" send:Z: \
		next open:Q "send:Z:message=shut out" &&
	grep "The other side says" out && grep "shut out$" out &&
	grep "^Q verb=distrust jid=bob@example.org fingerprint=$other words=17a5ef2a$" "$heard"
'

test_expect_success 'verify: words that changed meanwhile do not count' '
	test_expect_code 128 words_typed "y\n" "send:L:kind=comparison,state=done,words=17a5ef2a" send:Z: \
		next open:Q "send:!:id=words-changed,message=other words" &&
	grep "^fatal: other words$" err
'

test_expect_success 'verify: what was read out of a fingerprint is passed on as it is' '
	read="museum amber sprout vinegar clinic unearth apricot sparrow flurry visible graph quality apron" &&
	fake open:Q "send:Z:message=verified" next open:Q "send:Z:message=verified" &&
	git xmpp verify bob@example.org --fingerprint="MUSE $(echo $read | cut -d " " -f 2-)" &&
	grep "^Q verb=verify jid=bob@example.org fingerprint=$read$" "$heard" &&
	git xmpp verify bob@example.org --fingerprint=0231209759605073753858181990231642967214 &&
	grep "^Q verb=verify jid=bob@example.org fingerprint=02312 09759 60507 37538 58181 99023 16429 67214$" "$heard" &&
	test_expect_code 128 git xmpp verify bob@example.org --fingerprint="museum amber"
'

test_expect_success 'verify: another device of the own account' '
	fake open:Q "send:L:kind=buddy,jid=alice@example.org,self=1" \
		"send:L:kind=device,jid=alice@example.org,device=desktop,fingerprint=$fp,trust=pending,online=1" \
		send:Z: next open:Q "send:L:kind=comparison,state=failed" send:Z: \
		next open:Q "$broker_row" "$online_row" send:Z: next open:Q "send:Z:message=admitted" &&
	"$BUILD/t/on-terminal" "y\n" git xmpp verify alice@example.org >out &&
	grep "^Run .git xmpp verify. of your own address on your other device" out && grep "admitted$" out &&
	grep "^Q verb=verify jid=alice@example.org fingerprint=$fp$" "$heard"
'

link="xmpp:alice@example.org?git-join"
invitation_row="send:L:kind=invitation,id=1a2b3c4d,state=open,made=1750000000,expires=1750259200,share=proj,right=push,link=$link"

test_expect_success 'invite: the link alone goes to standard output' '
	fake open:Q "$invitation_row" send:Z: &&
	git xmpp invite >out 2>err && cat out err &&
	echo "$link" >expect && test_cmp expect out &&
	grep "^Q verb=invite days=3 right=fetch$" "$heard" &&
	grep "^invitation: 1a2b3c4d, for one person, for 3 days; they may fetch and push to .proj.$" err &&
	grep "^hint: They type \"git xmpp join ${SQ}<link>${SQ}\"$" err &&
	fake open:Q "$invitation_row" send:Z: &&
	git xmpp invite --device --expires=30 --json >out && grep "^Q verb=invite days=30 right=fetch device=1$" "$heard" &&
	grep "^{\"version\":1,\"invitation\":{\"id\":\"1a2b3c4d\",\"state\":\"open\",.*\"link\":\"xmpp:alice@example.org" out
'

test_expect_success 'invite --qr shows it on standard error, where it was built with that' '
	fake open:Q "$invitation_row" send:Z: &&
	if git xmpp invite --qr >out 2>err
	then
		echo "$link" >expect && test_cmp expect out && test "$(grep -c "$(printf "\342\226\210")" err)" -gt 10
	else
		grep "^fatal: this git-xmpp was built without QR codes$" err && test_is_empty "$heard"
	fi
'

test_expect_success 'invite --list and --revoke' '
	row="kind=invitation,id=0000000" &&
	fake open:Q "send:L:${row}1,state=open,made=1750000000,expires=1750259200,share=a b,right=push" \
		"send:L:${row}2,state=used,made=1750000000,expires=1750259200,jid=bob@example.org,fingerprint=$fp,used=1750000005" \
		"send:L:${row}3,state=expired,made=1750000000,expires=1750259200,device=1" send:Z: &&
	git xmpp invite --list >actual &&
	cat >expect <<-END &&
	00000001  open     push ${SQ}a b${SQ}  until 2025-06-18 15:06
	00000002  used     no share  by bob@example.org, 2025-06-15 15:06
	00000003  expired  for a device of yours  until 2025-06-18 15:06
	END
	test_cmp expect actual && grep "^Q verb=invitations$" "$heard" &&
	fake open:Q "send:Z:message=taken back" && git xmpp invite --revoke=00000001 >out && grep "^taken back$" out &&
	grep "^Q verb=invite-revoke id=00000001$" "$heard" &&
	fake open:Q "send:!:id=no-such-invitation,message=none" && test_expect_code 1 git xmpp invite --revoke=x &&
	for wrong in "--list --push" "--expires=0" "--expires=31" "--push" "--device ." "--revoke=x --list" "a b"
	do
		test_expect_code 129 git xmpp invite $wrong || return 1
	done
'

test_expect_success 'join: the inviter is away, and the way out of that' '
	whole="$link;key=$fp;secret=aaaqeayeaudaocajbifqydiob4" &&
	fake open:Q "$broker_row" "$online_row" send:Z: next open:Q "$broker_row" "$online_row" send:Z: \
		next open:Q "send:L:kind=joining,jid=a${SQ}b@example.org,since=1750000000,until=1750259200" "send:Z:status=1" &&
	git config --global xmpp.account example && git config --global xmpp.example.jid alice@example.org &&
	test_expect_code 1 git xmpp join "$whole" >out 2>err && cat out err &&
	grep "^a${SQ}b@example.org is away; this machine waits, and joins when theirs is online, until 2025-06-18 15:06$" out &&
	grep -F "\"git xmpp join --cancel=${SQ}a${SQ}\\${SQ}${SQ}b@example.org${SQ}\" ends it" err &&
	fake open:Q "send:Z:message=waits no more" && git xmpp join --cancel=bob@example.org >out && grep "^waits no more$" out &&
	grep "^Q verb=join-cancel jid=bob@example.org$" "$heard" &&
	fake open:Q "send:!:id=not-joining,message=none" && test_expect_code 1 git xmpp join --cancel=bob@example.org &&
	test_expect_code 129 git xmpp join --cancel=bob@example.org "$whole" &&
	git config --global --remove-section xmpp.example && git config --global --unset xmpp.account
'

test_expect_success 'setup --no-start writes the account, and again the same one' '
	fake_stop &&
	touch ca.pem &&
	for n in 1 2
	do
		git xmpp setup Alice@Example.org --server=127.0.0.1:5222 --ca-file=ca.pem \
			--password-command="cat \"pw file\"" --no-start || return 1
	done &&
	git config --global --get-regexp "^xmpp\.(account|example)" >actual &&
	cat >expect <<-END &&
	xmpp.account example
	xmpp.example.jid alice@example.org
	xmpp.example.server 127.0.0.1:5222
	xmpp.example.cafile $TRASH/ca.pem
	xmpp.example.passwordcommand cat "pw file"
	END
	test_cmp expect actual
'

test_expect_success 'setup refuses what would mix two accounts up, or has no password' '
	test_expect_code 128 git xmpp setup eve@example.org --password-command=x --no-start 2>err &&
	grep "^fatal: account .example. is alice@example.org already" err &&
	test_expect_code 128 git xmpp setup eve --no-start &&
	test_expect_code 129 git xmpp setup eve@example.org --name=a.b --no-start &&
	test_expect_code 128 git xmpp setup eve@example.net --name=other --no-start 2>err </dev/null &&
	grep "^fatal: no password for .eve@example.net." err &&
	grep "^hint: .*--password-command" err &&
	test_must_fail git config --global xmpp.other.jid
'

# setup with git's own store as credential helper, which knows the password already.
setup_bob () {
	echo "xmpp://bob:secret@example.com" >home/.git-credentials
	git config --global credential.helper store
	fake open:Q send:Z: next open:Q send:Z: next open:Q "$1" send:Z: next open:Q "$1" send:Z: next open:Q send:Z: next open:Q send:Z: &&
	git xmpp setup bob@example.com --name=bob >out 2>err
}

test_expect_success 'setup finds the password, hands it to the broker, and waits until it is online' '
	setup_bob "send:L:kind=account,name=bob,jid=bob@example.com/x,state=online" &&
	grep "^Q verb=reload$" "$heard" &&
	grep "^Q verb=password jid=bob@example.com password=secret$" "$heard" &&
	grep "^logged in as bob@example.com/x$" out &&
	grep secret home/.git-credentials &&
	test_is_empty err &&
	! grep secret out
'

# setup with this credential helper, a program that is asked for a password with "get".
setup_with () {
	git config --global credential.helper "!f () { test \$1 = get && cat \"$TRASH/kept\"; }; f"
	printf "username=bob\npassword=secret\n" >kept
	git xmpp setup bob@example.com --name=bob --no-start >out 2>err
}

test_expect_success 'a password that does not come back is said to be lost' '
	fake_stop &&
	setup_with && test_is_empty err &&
	git config --global credential.helper "!f () { test \$1 = get && cat \"$TRASH/kept\" && rm \"$TRASH/kept\"; }; f" &&
	test_expect_code 128 git xmpp setup bob@example.com --name=bob --no-start 2>err &&
	grep "^error: no credential helper has kept the password" err &&
	git config --global --unset credential.helper &&
	git -c credential.helper=store xmpp setup bob@example.com --name=bob --no-start 2>err &&
	grep "^warning: no credential helper is configured" err &&
	grep "^hint: Keep it .*git config --global credential.xmpp://example.com.helper store" err
'

test_expect_success 'a password that is wrong is forgotten, any other failure keeps it' '
	test_expect_code 128 setup_bob "send:L:kind=account,name=bob,jid=b@c,state=failed,error-id=cert-invalid,error=bad certificate" &&
	grep "^fatal: bad certificate" err &&
	grep secret home/.git-credentials &&
	test_expect_code 128 setup_bob "send:L:kind=account,name=bob,jid=b@c,state=failed,error-id=auth-failed,error=wrong" &&
	grep "^fatal: wrong" err &&
	! grep secret home/.git-credentials
'

test_expect_success 'a password that was refused: another is asked for in the same run' '
	git config --global credential.helper "!f () { test \$1 = get && { cat \"$TRASH/first\" || cat \"$TRASH/second\"; } || rm -f \"$TRASH/first\"; }; f" &&
	echo "password=first" >first && echo "password=second" >second &&
	refused="send:L:kind=account,name=bob,jid=b@c,state=failed,error-id=auth-failed,error=wrong" &&
	online="send:L:kind=account,name=bob,jid=bob@example.com/x,state=online" &&
	fake open:Q send:Z: next open:Q send:Z: next open:Q "$refused" send:Z: next open:Q "$refused" send:Z: next open:Q send:Z: next open:Q "$online" send:Z: next open:Q send:Z: next open:Q send:Z: &&
	"$BUILD/t/on-terminal" "" git xmpp setup bob@example.com --name=bob >out 2>err &&
	grep "^Q verb=password" "$heard" >actual &&
	cat >expect <<-END &&
	Q verb=password jid=bob@example.com password=first
	Q verb=password jid=bob@example.com password=second
	END
	test_cmp expect actual && grep "^error: wrong" err && grep "^logged in as" out &&
	git config --global --unset credential.helper
'

test_expect_success 'share writes the row, once, and tells a broker that runs' '
	git config --global --remove-section xmpp.bob &&
	git init -q --bare project.git &&
	fake open:Q send:Z: &&
	git xmpp share project.git --push=bob@example.org --fetch=carol@example.org >out 2>err &&
	cat >expect <<-END &&
	shared $TRASH/project.git as xmpp::alice@example.org/project
	  fetch  bob@example.org
	  fetch  carol@example.org
	  push   bob@example.org
	END
	sort -o out out && sort -o expect expect && test_cmp expect out &&
	test_is_empty err &&
	grep "^Q verb=reload$" "$heard" &&
	fake_stop &&
	git xmpp share project.git --push=BOB@example.org --fetch=carol@example.org --fetch=carol@example.org &&
	(cd / && git xmpp share --name=project --fetch=buddies) &&
	git config --global --get-regexp "^xmppshare" >actual &&
	cat >expect <<-END &&
	xmppshare.project.path $TRASH/project.git
	xmppshare.project.push bob@example.org
	xmppshare.project.fetch carol@example.org
	xmppshare.project.fetch buddies
	END
	test_cmp expect actual
'

test_expect_success 'share --rm takes rights away, exactly those' '
	git xmpp share --name=project --push=bobXexample@org --rm=bob@example.org --rm=buddies &&
	git config --global --get-all xmppShare.project.push >actual &&
	echo bobxexample@org >expect &&
	test_cmp expect actual &&
	git config --global --get-all xmppShare.project.fetch >actual &&
	echo carol@example.org >expect &&
	test_cmp expect actual
'

test_expect_success 'share --rm and unshare name what the broker ended' '
	git xmpp share --name=project --push=bob@example.org &&
	fake open:Q "send:L:kind=ended,jid=bob@example.org,share=project,service=upload-pack,finishes=0" \
		"send:L:kind=ended,jid=bob@example.org,share=project,service=receive-pack,finishes=1" \
		"send:Z:message=in short" next open:Q "send:Z:message=in short" &&
	git xmpp share --name=project --rm=bob@example.org >out &&
	cat >expect <<-END &&
	bob@example.org may no longer fetch from or push to ${SQ}project${SQ}
	  fetch  carol@example.org
	  fetch  bobxexample@org
	  push   bobxexample@org
	ended a fetch of ${SQ}project${SQ} by bob@example.org
	a push of ${SQ}project${SQ} by bob@example.org had arrived whole, and finishes
	END
	test_cmp expect out &&
	git xmpp share --name=project --push=bob@example.org >out && tail -n 1 out >actual &&
	echo "in short" >expect && test_cmp expect actual &&
	fake_stop && git xmpp share --name=project --rm=bob@example.org
'

# members [<jid>...]: what the broker says who is in the group, and then a reload.
members () {
	local jid rows=

	for jid
	do
		rows="$rows send:L:kind=member,jid=$jid"
	done
	fake open:Q $rows send:Z: next open:Q send:Z:
}

# in_group <jid>...: they, and nobody else, have the rights of the group.
in_group () {
	{ git config --global --get-all "xmppGroup.the team.member" || :; } | sort >actual &&
	printf "%s\n" "$@" | sort >expect && test_cmp expect actual
}

test_expect_success 'who is in a group when it is first shared with is written down, and nobody later' '
	members ann@example.org bea@example.org &&
	git xmpp share --name=project "--push=group:the team" >out &&
	grep "^ann@example.org is in the group ${SQ}the team${SQ}, and has its rights now$" out &&
	in_group ann@example.org bea@example.org &&
	members ann@example.org bea@example.org eve@example.org &&
	git xmpp share --name=project "--fetch=group:the team" >out 2>err &&
	grep "^eve@example.org is in the group ${SQ}the team${SQ}, and has no right of it yet$" out &&
	grep "^hint: .*git xmpp share --accept-group=${SQ}the team${SQ} --member=eve@example.org" err &&
	in_group ann@example.org bea@example.org
'

test_expect_success 'share --accept-group takes whom the user was shown, and nobody else' '
	members ann@example.org bea@example.org cleo@example.org eve@example.org &&
	test_expect_code 1 git xmpp share "--accept-group=the team" >out 2>err </dev/null &&
	grep "^cleo@example.org is in the group" out && grep "^eve@example.org is in the group" out &&
	grep "^hint: .*--member=cleo@example.org --member=eve@example.org" err &&
	in_group ann@example.org bea@example.org &&
	members ann@example.org bea@example.org cleo@example.org eve@example.org &&
	git xmpp share "--accept-group=the team" --member=cleo@example.org >out 2>err </dev/null &&
	grep "^cleo@example.org is in the group ${SQ}the team${SQ}, and has its rights now$" out &&
	grep "^eve@example.org is in the group ${SQ}the team${SQ}, and has no right of it yet$" out &&
	in_group ann@example.org bea@example.org cleo@example.org &&
	members ann@example.org &&
	test_expect_code 128 git xmpp share "--accept-group=the team" --member=zoe@example.org 2>err &&
	grep "^fatal: .zoe@example.org. is not in the group .the team." err &&
	in_group ann@example.org bea@example.org cleo@example.org &&
	test_expect_code 129 git xmpp share --member=zoe@example.org
'

test_expect_success '... after a yes on a terminal; who has left the group is crossed out' '
	for typed in "n\n" "\n" "\d"
	do
		members ann@example.org eve@example.org || return 1
		test_expect_code 1 "$BUILD/t/on-terminal" "$typed" git xmpp share "--accept-group=the team" >out || return 1
		grep "^Give them its rights? .y/N. " out || return 1
		in_group ann@example.org bea@example.org cleo@example.org || return 1
	done &&
	members ann@example.org eve@example.org &&
	"$BUILD/t/on-terminal" "y\n" git xmpp share "--accept-group=the team" >out &&
	grep "^eve@example.org is in the group ${SQ}the team${SQ}, and has no right of it yet$" out &&
	in_group ann@example.org eve@example.org &&
	members ann@example.org eve@example.org &&
	git xmpp share "--accept-group=the team" </dev/null >out && in_group ann@example.org eve@example.org &&
	fake_stop && git xmpp share --name=project "--rm=group:the team"
'

test_expect_success 'a share is not called x.git: no address would lead to it' '
	git xmpp share project.git --name=project.git >out && head -n 1 out >actual &&
	echo "shared $TRASH/project.git as xmpp::alice@example.org/project" >expect && test_cmp expect actual &&
	git init -q --bare third.git.git && git xmpp share third.git.git >out &&
	grep "as xmpp::alice@example.org/third$" out && git xmpp unshare third.git &&
	git config --global xmppShare.old.git.path "$TRASH/third.git.git" &&
	git xmpp share --name=old.git --fetch=carol@example.org >out && grep "as xmpp::alice@example.org/old.git.git$" out &&
	git xmpp unshare old.git && test_must_fail git config --global xmppShare.old.git.path
'

test_expect_success 'share of a work tree: from within, from a worktree, with hints' '
	git init -q "with space" &&
	git -C "with space" commit -q --allow-empty -m one &&
	mkdir "with space/sub" &&
	(cd "with space/sub" && git xmpp share --push=bob@example.org) >out 2>err &&
	head -n 1 out >actual &&
	echo "shared $TRASH/with space/.git as xmpp::alice@example.org/with%20space" >expect &&
	test_cmp expect actual &&
	grep "^hint: .*denyCurrentBranch" err &&
	git -C "with space" worktree add -q ../tree &&
	git xmpp share tree --fetch=carol@example.org >out &&
	head -n 1 out >actual &&
	test_cmp expect actual
'

test_expect_success 'share --push of a work tree offers on a terminal that git updates it' '
	git init -q "in use" && git -C "in use" commit -q --allow-empty -m one &&
	for typed in "n\\n" "\\n" "\\d"
	do
		"$BUILD/t/on-terminal" -e "$typed" git xmpp share "in use" --push=bob@example.org >out 2>err &&
		grep "update the work tree .*\[y/N\]" err && grep "hint: Allow it with .git -C " err &&
		test_must_fail git -C "in use" config receive.denyCurrentBranch || return 1
	done &&
	"$BUILD/t/on-terminal" -e "" git xmpp share "in use" --fetch=carol@example.org >out 2>err &&
	! grep "y/N" err && test_is_empty err &&
	git xmpp share "in use" --push=bob@example.org --json </dev/null >out &&
	grep "\"hints\":\[.*updateInstead" out &&
	"$BUILD/t/on-terminal" -e "y\n" git xmpp share "in use" --push=bob@example.org >out 2>err &&
	grep "a push to the checked out branch updates" err && ! grep hint err &&
	test "$(git -C "in use" config receive.denyCurrentBranch)" = updateInstead &&
	"$BUILD/t/on-terminal" -e "" git xmpp share "in use" --push=bob@example.org >out 2>err &&
	! grep "y/N" err && git xmpp unshare "in use"
'

test_expect_success 'the command that the hint names does it, from anywhere' '
	git init -q "of bob'\''s" && git -C "of bob'\''s" commit -q --allow-empty -m one &&
	git xmpp share "of bob'\''s" --name=bobs --push=bob@example.org 2>err </dev/null >out &&
	sed -n "s/^hint: Allow it with \"\(.*\)\"\.$/\1/p" err >typed && test_line_count = 1 typed &&
	(cd / && sh "$TRASH/typed") &&
	test "$(git -C "of bob'\''s" config receive.denyCurrentBranch)" = updateInstead &&
	git xmpp unshare bobs
'

test_expect_success 'share means the path that is named, whatever GIT_DIR says' '
	GIT_DIR="$TRASH/with space/.git" git xmpp share project.git >out &&
	grep "^shared $TRASH/project.git as" out
'

test_expect_success 'share refuses: no repository, a bad name, a name that is taken, no JID' '
	mkdir empty &&
	test_expect_code 128 git xmpp share empty 2>err &&
	grep "^fatal: not a git repository" err &&
	test_expect_code 128 git xmpp share project.git --name=../x &&
	test_expect_code 128 git xmpp share "with space" --name=project 2>err &&
	grep "^fatal: .project. is the name of another share" err &&
	test_expect_code 128 git xmpp share project.git --fetch=everybody &&
	test_must_fail git config --global xmppShare.empty.path
'

test_expect_success 'share --list and unshare' '
	git xmpp share --list >out &&
	grep "^project  $TRASH/project.git  xmpp::alice@example.org/project$" out &&
	git xmpp share --list --json >out &&
	grep "{\"name\":\"project\",\"path\":\"$TRASH/project.git\",\"address\":\"xmpp::alice@example.org/project\",\"fault\":null,\"fetch\":\[[^]]*\"carol@example.org\"[^]]*\],\"push\":\[\"bobxexample@org\"[^]]*\],\"rules\":\[\],\"last\":null}" out &&
	git xmpp unshare project >out &&
	echo "no longer shared: project" >expect &&
	test_cmp expect out &&
	test_must_fail git config --global xmppShare.project.path &&
	test_expect_code 1 git xmpp unshare project 2>err &&
	grep "^fatal: there is no share .project." err
'

test_expect_success 'daemon stop asks it to end, and says so; without one exit 1' '
	fake open:Q "send:L:kind=broker,pid=0" send:Z: next open:Q send:Z: &&
	git xmpp daemon stop >out &&
	echo stopped >expect &&
	test_cmp expect out &&
	grep "^Q verb=stop$" "$heard" &&
	fake_stop &&
	test_expect_code 1 git xmpp daemon stop >out &&
	echo "not running" >expect &&
	test_cmp expect out &&
	test_expect_code 1 git xmpp daemon status &&
	test_expect_code 129 git xmpp daemon &&
	test_expect_code 129 git xmpp daemon dance
'

test_expect_success 'an exit status belongs to the message, as the manual says, and not to the command' '
	sed -n "/^# EXIT STATUS/,/^128/p" "$TOP/Documentation/git-xmpp.1.scd" | sed "1,/these have it/s/.*prints them://" |
	grep -oE "\*[a-z-]+-[a-z-]+\*" | tr -d "*" | sort >no && test_line_count -ge 12 no &&
	"$BUILD/t/messages" list | cut -f1 | grep -vx bad-command >all && : >wrong &&
	while read -r id
	do
		want=128
		! grep -qx "$id" no || want=1
		fake open:Q "send:!:id=$id,message=no" next open:Q "send:!:id=$id,message=no" next open:Q "send:!:id=$id,message=no" &&
		for command in "accept bob@example.org" "remove bob@example.org" "list --json"
		do
			git xmpp $command >out 2>&1 </dev/null
			code=$?
			test $code -eq $want || { echo "$id: $command: $code"; cat out; } >>wrong
		done
	done <all; test_is_empty wrong
'

test_expect_success 'the manual names every message there is' '
	sed -n "s/.*\[MSG_[A-Z_]*\] = { \"\([a-z-]*\)\",.*/\1/p" "$TOP/common/message.c" | grep -vx none >ids &&
	test_line_count -ge 40 ids &&
	cat "$TOP"/Documentation/git-*xmpp.1.scd >manual &&
	while read -r id
	do
		grep -e "\*$id\*" manual || { echo "not in the manual: $id"; return 1; }
	done <ids
'

test_expect_success 'the manual has an example of every verb' '
	sed "1,/^# EXAMPLES/d; /^# ENVIRONMENT/,\$d" "$TOP/Documentation/git-xmpp.1.scd" >examples &&
	git-xmpp -h | sed -n "s/^    \([a-z][a-z]*\) .*/\1/p" >verbs &&
	test_line_count -ge 18 verbs &&
	while read -r verb
	do
		grep "git xmpp $verb" examples || { echo "no example of $verb"; return 1; }
	done <verbs
'

test_expect_success 'follow and unfollow: the configuration, and the broker reads it again' '
	git init -q followed && git -C followed remote add origin "xmpp::bob@example.org/a%20b.git" &&
	fake open:Q send:Z: next open:Q send:Z: &&
	git -C followed xmpp follow &&
	grep "^Q verb=reload$" "$heard" &&
	git config --global --get-regexp "^xmppfollow" >actual &&
	echo "xmppfollow.bob@example.org/a b.remote origin $TRASH/followed/.git" >expect &&
	test_cmp expect actual &&
	git xmpp follow --list --json >actual &&
	echo "{\"version\":1,\"follows\":[{\"address\":\"bob@example.org/a b\",\"remote\":\"origin\",\"path\":\"$TRASH/followed/.git\"}]}" >expect &&
	test_cmp expect actual &&
	git -C followed xmpp unfollow &&
	test_expect_code 1 git config --global --get-regexp "^xmppfollow"
'

test_expect_success 'a remote that now leads elsewhere is followed there only' '
	fake_stop &&
	git -C followed xmpp follow &&
	git -C followed remote set-url origin xmpp://carol@example.org/c &&
	git -C followed xmpp follow &&
	git config --global --get-regexp "^xmppfollow" >actual &&
	echo "xmppfollow.carol@example.org/c.remote origin $TRASH/followed/.git" >expect &&
	test_cmp expect actual
'

test_expect_success 'queue: what is said to be pushed is on the disk, and the broker told' '
	git -C followed commit -q --allow-empty -m one &&
	fake open:Q send:Z: &&
	git -C followed xmpp queue push --json >actual &&
	grep "^Q verb=queue-reload$" "$heard" &&
	grep "\"id\":\"q1\",\"jid\":\"carol@example.org\",\"share\":\"c\"" actual &&
	grep "\"updates\":\[{\"ref\":\"refs/heads/main\",\"old\":null,\"new\":\"$(git -C followed rev-parse main)\"}\]" actual &&
	tr "\0" "\n" <"$HOME/.local/state/git-xmpp/queue/q1" >fields &&
	grep "^update=$(git -C followed rev-parse main) - refs/heads/main$" fields
'

test_expect_success 'queue retry and drop are for the broker; where none runs for the command' '
	fake open:Q send:Z: next open:Q "send:!:id=entry-busy,message=it runs" &&
	git xmpp queue retry q1 &&
	grep "^Q verb=queue-retry id=q1$" "$heard" &&
	test_expect_code 128 git xmpp queue drop q1 2>err &&
	grep "^fatal: it runs" err &&
	grep "^Q verb=queue-drop id=q1$" "$heard" &&
	fake_stop &&
	git xmpp queue drop q1 &&
	git xmpp queue >actual &&
	test_is_empty actual &&
	test_expect_code 1 git xmpp queue drop q1 2>err &&
	test_expect_code 1 git xmpp queue drop ../../devices
'

test_expect_success 'log: the last events, escaped' '
	git xmpp log >actual &&
	test_is_empty actual &&
	mkdir -p "$HOME/.local/state/git-xmpp" &&
	tr "|" "\t" >"$HOME/.local/state/git-xmpp/events" <<-END &&
	1750000000|follow|bob@example.org|p|origin|ok|$escape
	nonsense
	1750000001|queue|bob@example.org|p|q1|failed|no
	1750000002|transfer|bob@example.org|p|pushed|ok|242 bytes, direct; main 451fc9c..089a9e2|242|direct|main 451fc9c..089a9e2|
	1750000003|transfer|carol@example.org|q|push|refused|push-denied|0|||push-denied|home@example.org
	1750000004|device|alice@example.org||git-x|copied|copied
	END
	TZ=UTC0 git xmpp log >actual &&
	cat >expect <<-\END &&
	2025-06-15 15:06  follow           origin        bob@example.org/p    \x1b[2J
	2025-06-15 15:06  queue            q1 failed     bob@example.org/p    no
	2025-06-15 15:06  bob@example.org  pushed        p                    main 451fc9c..089a9e2  242 bytes  direct
	2025-06-15 15:06  you              push refused  carol@example.org/q  push-denied
	2025-06-15 15:06  device           git-x copied  alice@example.org    copied
	END
	test_cmp expect actual &&
	git xmpp log -n 1 --json >actual &&
	echo "{\"version\":1,\"events\":[{\"time\":\"2025-06-15T15:06:44Z\",\"kind\":\"device\",\"jid\":\"alice@example.org\",\"share\":\"\",\"what\":\"git-x\",\"result\":\"copied\",\"text\":\"copied\",\"bytes\":0,\"path\":null,\"refs\":null,\"why\":null,\"account\":null}]}" >expect &&
	test_cmp expect actual &&
	git xmpp log --porcelain -2 >actual &&
	tr "|" "\t" >expect <<-END &&
	2025-06-15T15:06:43Z|transfer|carol@example.org|q|push|refused|0|-|-|push-denied|push-denied|home@example.org
	2025-06-15T15:06:44Z|device|alice@example.org|-|git-x|copied|0|-|-|-|copied|-
	END
	test_cmp expect actual
'

test_expect_success 'log: of one buddy, of one share, since a time' '
	git xmpp log BOB@example.org -1 >out && test_line_count -eq 1 out && grep "^.* bob@example.org  pushed" out &&
	git xmpp log carol@example.org >out && test_line_count -eq 1 out &&
	git xmpp log --share=p >out && test_line_count -eq 3 out &&
	git xmpp log --since=2025-06-15T15:06:42Z --porcelain >out && test_line_count -eq 3 out &&
	git xmpp log --since="3 days ago" >out && test_is_empty out &&
	test_expect_code 129 git xmpp log --since="in a nonsense" 2>err && grep "^error: --since needs a time" err &&
	test_expect_code 129 git xmpp log -n x && test_expect_code 129 git xmpp log bob@example.org more &&
	test_expect_code 128 git xmpp log nobody && git xmpp log --json nobody@example.org >out &&
	echo "{\"version\":1,\"events\":[]}" >expect && test_cmp expect out
'

test_expect_success 'log -f goes on with what comes, a line at once' '
	git xmpp log -f -n 1 --json >follows & pid=$! &&
	comes () { grep "\"$1\"" follows; } &&
	wait_for 20 comes copied &&
	printf "1750000009\tqueue\tbob@example.org\tp\tq9\tok\tlate\n" >>"$HOME/.local/state/git-xmpp/events" &&
	wait_for 20 comes q9 && test_line_count -eq 2 follows &&
	tail -n 1 follows | grep "^{\"version\":1,\"event\":{\"time\":" &&
	kill $pid && wait $pid; test $? -eq 143
'

test_expect_success 'what cannot be printed is an error' '
	for output in ">/dev/full" ">&-"
	do
		for verb in "share --list" "log" "follow --list" "status" "queue --json" "--version" "add -h" "log --json -n 1"
		do
			eval "test_expect_code 128 git-xmpp $verb $output" 2>err || return 1
			grep "^fatal: cannot write to standard output: " err || return 1
		done
	done &&
	fake open:Q "send:Z:message=done" &&
	test_expect_code 128 git xmpp add bob@example.org >/dev/full &&
	{ git-xmpp --version; echo $? >status; } | true && grep -x "0\|141" status
'

test_done
