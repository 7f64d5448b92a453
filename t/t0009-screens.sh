#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What people see: on terminals that are wide, narrow, coloured or not, and in a pipe. The broker
# says what it is told.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-fake.sh"

on_terminal=$BUILD/t/on-terminal

LC_ALL=C
TERM=xterm
unset NO_COLOR
export LC_ALL TERM
escape=$(printf '\033')
online_row="send:L:kind=account,name=example,jid=alice@example.org/git-x,state=online"

# on <columns> <command>...: its output, on a terminal of that width. Escape is shown as ^.
on () {
	columns=$1
	shift
	COLUMNS=$columns "$on_terminal" -o "" "$@" >shown
	on_status=$?
	tr "$escape" "^" <shown
	return $on_status
}

busy () {
	fake open:Q "$online_row" \
		"send:L:kind=broker,pid=1,device=tj5aapswkpah22kj,name=laptop" \
		"send:L:kind=paths,transport=auto,port=42045" \
		"send:L:kind=notice,text=zed@example.org wants to be your buddy,hint=git xmpp accept zed@example.org" \
		"send:L:kind=transfer,jid=bob@example.org,share=big,service=upload-pack,direction=in,sent=250000,total=400384,path=in-band,rate=6349,limited=1" \
		"send:L:kind=count,buddies=5,reachable=2" send:Z: next open:Q send:Z:
}

test_expect_success 'status on a terminal of 100 columns, without colours' '
	busy && git config --global color.ui false && on 100 git xmpp status >actual &&
	cat >expect <<-\END &&
	alice@example.org  online
	this device        "laptop" (tj5aapswkpah22kj)  direct connections on port 42045; no proxy
	! zed@example.org wants to be your buddy  git xmpp accept zed@example.org

	bob@example.org is fetching  big  62% of 391 KiB  6.2 KiB/s  24 s left
	    through example.org (its limit)

	0 shares, 5 buddies (2 online with git)
	END
	test_cmp expect actual
'

test_expect_success '... of 40 columns: nothing is wider, but what is to be copied' '
	busy && on 40 git xmpp status >actual &&
	cat >expect <<-\END &&
	alice@example.org  online
	this device
	    "laptop" (tj5aapswkpah22kj)
	    direct connections on port 42045; no
	    proxy
	! zed@example.org wants to be your buddy
	    git xmpp accept zed@example.org

	bob@example.org is fetching  big
	    62% of 391 KiB  6.2 KiB/s  24 s left
	    through example.org (its limit)

	0 shares, 5 buddies (2 online with git)
	END
	test_cmp expect actual && awk "length > 40" actual >wide && test_is_empty wide
'

test_expect_success 'colours are as git has them: of a terminal, of the configuration, of TERM' '
	git config --global --unset color.ui &&
	busy && on 100 git xmpp status >out && grep "^^\[1malice@example.org^\[m  ^\[32monline^\[m$" out &&
	busy && on 100 env TERM=dumb git xmpp status >out && ! grep "\^" out &&
	busy && on 100 env NO_COLOR=1 git xmpp status >out && ! grep "\^" out &&
	busy && on 100 env NO_COLOR= git xmpp status >out && grep "\^" out &&
	busy && git xmpp status >out && ! grep "$escape" out &&
	busy && on 100 git -c color.xmpp=false xmpp status >out && ! grep "\^" out &&
	busy && git -c color.ui=always xmpp status >out && grep "$escape" out &&
	busy && git -c color.ui=always xmpp status --json >out && ! grep "$escape" out &&
	busy && on 100 git -c color.xmpp.good=blue xmpp status >out && grep "  ^\[34monline^\[m$" out &&
	busy && on 100 git -c color.xmpp.good=nonsense xmpp status >out && grep "online" out
'

test_expect_success 'status --watch draws again in the same place, and ends with the terminal clean' '
	row () { echo "send:L:kind=transfer,jid=b@c,share=s,service=receive-pack,direction=out,sent=$1,path=direct,rate=1000"; } &&
	fake open:Q "$online_row" "$(row 1000)" send:Z: next open:Q "$online_row" "$(row 2048)" send:Z: next "send:!:id=internal,message=over" &&
	test_expect_code 128 on 80 git -c color.ui=false xmpp status --watch >out 2>err &&
	cat out && grep "^fatal: over" err &&
	cat >expect <<-\END &&
	^[?7lalice@example.org  online^[K
	^[K
	you push to b@c  s  sent 1.0 KiB  1.0 KiB/s  direct^[K
	^[J^[?7h^[?7l^[3Aalice@example.org  online^[K
	^[K
	you push to b@c  s  sent 2.0 KiB  1.0 KiB/s  direct^[K
	END
	tr -d "\r" <out | sed "\$d" >actual && test_cmp expect actual
'

test_expect_success 'status --watch in a pipe: a block for each change; --json: a line' '
	fake open:Q "$online_row" send:Z: next open:Q "$online_row" send:Z: next open:Q \
		"send:L:kind=account,jid=alice@example.org,state=offline" send:Z: next "send:!:id=internal,message=over" &&
	test_expect_code 128 git xmpp status --watch >actual 2>err &&
	printf "alice@example.org  online\n\nalice@example.org  offline\n" >expect && test_cmp expect actual &&
	fake open:Q "$online_row" send:Z: next open:Q "$online_row" send:Z: next "send:!:id=internal,message=over" &&
	test_expect_code 128 git xmpp status --watch --json >actual &&
	test_line_count -eq 2 actual && tail -n 1 actual | grep "\"error\":{\"id\":\"internal\"" &&
	test_expect_code 129 git xmpp status --watch --wait
'

test_expect_success 'log: local times, and a word about a journal that is empty' '
	git config --global color.ui false &&
	on 100 git xmpp log >actual && echo "nothing has happened yet" >expect && test_cmp expect actual &&
	git xmpp log >actual && test_is_empty actual &&
	mkdir -p "$HOME/.local/state/git-xmpp" &&
	now=$(date +%s) &&
	tr "|" "\t" >"$HOME/.local/state/git-xmpp/events" <<-END &&
	$now|transfer|bob@example.org|project|pushed|ok|text|242|direct|main 451fc9c..089a9e2|
	1750000003|transfer|carol@example.org|q|push|refused|text|0|||push-denied
	END
	on 100 env TZ=XXX-3 git xmpp log >out && grep "^15 Jun[ 0-9]*  you  .*push refused  .*push-denied$" out &&
	on 120 git xmpp log >out && grep "^today [0-9:]*  *bob@example.org  pushed  *project  *main 451fc9c..089a9e2  242 bytes  direct$" out &&
	on 40 git xmpp log >out && cat out && awk "length > 40" out >wide && test_is_empty wide
'

test_expect_success 'share --list: who may what, who had it last, and what is gone' '
	git init -q --bare shared.git && git config --global xmpp.account example &&
	git config --global xmpp.example.jid alice@example.org &&
	on 100 git xmpp share --list >actual && echo "nothing is shared" >expect && test_cmp expect actual &&
	git xmpp share shared.git --name=project --push=bob@example.org --fetch=carol@example.org &&
	git config --global xmppShare.old.path /nowhere/old && git config --global xmppShare.old.fetch buddies &&
	git xmpp share --list >out && sed "s/20[0-9][0-9]-.*/WHEN/" out >actual &&
	cat >expect <<-END &&
	project  $TRASH/shared.git  xmpp::alice@example.org/project
	  fetch  bob@example.org
	  fetch  carol@example.org
	  push   bob@example.org
	  last   bob@example.org pushed WHEN
	! old  /nowhere/old  not served: its repository is gone  git xmpp unshare old
	  fetch  buddies
	END
	test_cmp expect actual
'

test_expect_success 'queue: where from, what waits since when, what helps' '
	queue=$HOME/.local/state/git-xmpp/queue &&
	on 100 git xmpp queue >actual && echo "no push waits" >expect && test_cmp expect actual &&
	git xmpp queue >actual && test_is_empty actual && mkdir -p "$queue" && chmod 700 "$queue" &&
	new=089a9e2f35fed3579f185451fc9c1a2b3c4d5e6f &&
	printf "%s\0" jid=erin@example.org share=project path=/src/project/.git remote=erin state=waiting \
		queued=1764000000 expires=1766592000 "update=$new - refs/heads/main" >"$queue/q1" &&
	printf "%s\0" jid=bob@example.org share=project path=/src/p/.git "directory=/src/a b" remote=bob state=failed moved=1 \
		"error=main has moved there" queued=1764000000 expires=1766592000 "update=$new $new refs/heads/main" >"$queue/q2" &&
	TZ=UTC0 git xmpp queue >actual &&
	cat >expect <<-END &&
	q1  erin@example.org/project  main [new] 089a9e2     from /src/project/.git  waits for erin@example.org since 2025-11-24 16:00, until 2025-12-24 16:00
	q2  bob@example.org/project   main 089a9e2..089a9e2  from /src/a b           failed: main has moved there
	    git -C "/src/a b" pull bob refs/heads/main && git -C "/src/a b" xmpp queue push bob HEAD:refs/heads/main && git xmpp queue drop q2
	END
	tr "\"" "$(printf "\047")" <expect >quoted && test_cmp quoted actual &&
	on 40 git xmpp queue >out && cat out && grep -v "^    git" out | awk "length > 40" >wide && test_is_empty wide
'

test_expect_success 'status: news is told without the mark of what waits' '
	fake open:Q "$online_row" "send:L:kind=notice,news=1,text=bob has compared this device,hint=git xmpp buddies bob" \
		"send:L:kind=notice,text=zed asks,hint=git xmpp accept zed" send:Z: next open:Q send:Z: &&
	git xmpp status >actual && cat actual && grep "^  bob has compared this device  *git xmpp buddies bob$" actual && grep "^! zed asks  *git xmpp accept zed$" actual
'

test_expect_success 'list: that there is nothing is said, whichever devices have answered' '
	fake open:Q "send:L:kind=device,jid=bob@example.org,device=d,state=told" send:Z: &&
	on 100 git xmpp list >actual && echo "nobody online shares anything with you" >expect && test_cmp expect actual
'

test_expect_success 'list: sorted, whatever the order in which devices answer' '
	row () { echo "send:L:kind=share,jid=$1,device=d,share=$2,right=fetch,head=refs/heads/main,object=089a9e2f35fe,changed=1764000000"; } &&
	fake open:Q "$(row bob@example.org zoo)" "$(row ann@example.org b)" "$(row bob@example.org art)" send:Z: &&
	TZ=UTC0 git xmpp list >actual &&
	cat >expect <<-\END &&
	ann@example.org
	    b  fetch  main  089a9e2f35fe  2025-11-24 16:00  xmpp::ann@example.org/b
	bob@example.org
	    art  fetch  main  089a9e2f35fe  2025-11-24 16:00  xmpp::bob@example.org/art
	    zoo  fetch  main  089a9e2f35fe  2025-11-24 16:00  xmpp::bob@example.org/zoo
	END
	test_cmp expect actual
'

# narrow <file>: nothing is wider than 40 columns but a word that is, and every word of it is one of
# the file whole, which was shown on a wide terminal.
narrow () {
	grep -v "^ *[^ ]*$" "$1" | awk "length > 40" >wide; test_is_empty wide &&
	tr -s " " "\n" <whole | sort -u >words && tr -s " " "\n" <"$1" | sort -u >narrow_words &&
	comm -13 words narrow_words >broken && test_is_empty broken
}

fp=5e1fc04bb86a1d0a4dd6c1a0e0a33ba0c7c7a5cdd3ee1d09a6f2e59d3c2b1a09

devices () {
	fake open:Q "send:L:kind=device,jid=alice@example.org,device=tj5aapswkpah22kj,name=laptop,fingerprint=$fp,trust=own,this=1,since=1750000000,online=1" \
		"send:L:kind=device,jid=alice@example.org,device=gjow3xqzkpah22kj,name=the old desktop,fingerprint=$fp,trust=pending,since=1750000000,last-seen=1750000000" send:Z:
}

test_expect_success 'device: a fingerprint breaks between its groups, in lines that are alike' '
	devices && on 200 git xmpp device >whole && devices && on 40 git xmpp device >actual && cat actual && narrow actual &&
	grep "^\* tj5aapswkpah22kj .laptop.  online$" actual && grep "^! gjow3xqzkpah22kj .the old desktop.$" actual &&
	test "$(grep -c "^   \( [0-9A-F]\{4\}\)\{4\}$" actual)" = 8 &&
	devices && on 80 git xmpp device >out && test "$(grep -c "^   \( [0-9A-F]\{4\}\)\{8\}$" out)" = 4 &&
	devices && git xmpp device >out && test "$(grep -c "^   \( [0-9A-F]\{4\}\)\{16\}$" out)" = 2
'

# verifies <columns>: of a device that is offline, whose fingerprint does not read the same.
verifies () {
	fake open:Q "send:L:kind=buddy,jid=bob@example.org" \
		"send:L:kind=device,jid=bob@example.org,device=ljchdga2tzz7d5jk,fingerprint=$fp,trust=seen,first-seen=1750000000,also=carol@example.org" \
		send:Z: next open:Q "send:L:kind=broker,pid=1,fingerprint=$fp" "$online_row" send:Z: &&
	test_expect_code 1 env COLUMNS="$1" "$on_terminal" -a "n\nn\n" git xmpp verify bob@example.org 2>out && tr -d "\r" <out | sed "s/ *$//" >shown
}

test_expect_success 'verify: what is to be compared is read in lines, and no word is broken' '
	verifies 200 && mv shown whole && verifies 40 && cat shown && narrow shown &&
	grep "^      [a-z]* [a-z]* [a-z]* [a-z]*$" shown && test "$(grep -c "^     \( [0-9]\{5\}\)\{4\}$" shown)" = 4
'

test_expect_success 'verify: so are the words that both see' '
	sees () {
		fake open:Q "send:L:kind=buddy,jid=bob@example.org" \
			"send:L:kind=device,jid=bob@example.org,device=ljchdga2tzz7d5jk,fingerprint=$fp,trust=pending,online=1" \
			send:Z: next open:Q "send:L:kind=comparison,state=done,words=17a5ef2a,theirs=different" send:Z: &&
		test_expect_code 1 env COLUMNS="$1" "$on_terminal" -a "\n" git xmpp verify bob@example.org 2>out && tr -d "\r" <out | sed "s/ *$//" >shown
	} &&
	sees 200 && mv shown whole && sees 40 && cat shown && narrow shown && grep "^      blend nymph vacuum$" shown
'

test_expect_success 'setup --list, and what goes with an account' '
	git config --global xmpp.example.jid alice@example.org && git config --global xmpp.work.jid alice.the.first@work.example &&
	list () {
		fake open:Q "send:L:kind=account,name=work,jid=alice.the.first@work.example,state=failed,error=the server work.example cannot be reached at all" \
			"$online_row" send:Z:
	} &&
	list && on 200 git xmpp setup --list >whole && list && on 40 git xmpp setup --list >actual && cat actual && narrow actual &&
	grep "^\* example  alice@example.org$" actual &&
	COLUMNS=200 "$on_terminal" -o "n\n" git xmpp setup --remove=work >whole; COLUMNS=40 "$on_terminal" -o "n\n" git xmpp setup --remove=work >actual
	cat actual && narrow actual && grep "^    ends    the connection, and what is$" actual
'

test_done
