#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Rights as people think of them: into which refs somebody may push, what is protected, from
# which devices, how much. Of each refusal it is shown that what was refused did not happen,
# and that the pusher is told by which rule.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'the server or openssl is not installed'

url=xmpp::bob@localhost/project

# bobs <revision>: what it is in bob's repository; nothing, if there is none.
bobs () {
	git -C bob/project.git rev-parse -q --verify "$1" || :
}

alices () {
	git -C alice/work rev-parse -q --verify "$1"
}

# commit [<start>]: a new commit of alice's, on a branch work that begins there, or goes on.
commit () {
	count=$((count + 1))
	test -z "$1" || git -C alice/work checkout -q -B work "$1" || return
	echo "$count" >"alice/work/file-$count" &&
	git -C alice/work add "file-$count" &&
	git -C alice/work commit -q -m "commit $count"
}
count=0

# push <argument>...: alice's; what she is told is in the file told.
push () {
	as alice timeout 180 git -C alice/work push --porcelain "$@" >told 2>&1
}

# share <option>...: bob changes how he shares it.
share () {
	as bob git xmpp share --name=project "$@"
}

# stored <object>: bob has it.
stored () {
	git -C bob/project.git cat-file -e "$1" 2>/dev/null
}

# told <ref> <rule>: alice was, of that ref.
told () {
	grep -F ":$1	[remote rejected] ($2)" told
}

# unmoved <ref> <object>: bob's is what it was, and he has not got what alice sent for it.
unmoved () {
	test "$(bobs "$1")" = "$2" && ! stored "$(alices work)"
}

# set_group <user> <jid> <group>...: the contact list of a user, changed by a chat program.
set_group () {
	local item user

	user=$1
	item="<item jid='$2'>"
	shift 2
	for group
	do
		item="$item<group>$group</group>"
	done
	chat_login "$user" &&
	chat_send "<iq type='set' id='group-$user'><query xmlns='jabber:iq:roster'>$item</item></query></iq>" &&
	wait_for 5 grep -q "group-$user" log/chat
	chat_logout
}

alice_place=alice@localhost:refs/heads/alice/'*'

test_expect_success 'two users, a share and a clone' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q -o bob $url alice/work &&
	as alice git -C alice/work config push.default nothing
'

test_expect_success 'a place for somebody who may push anywhere is no place' '
	as bob git config --global --get-regexp xmppshare >before &&
	test_expect_code 128 share --push="$alice_place" 2>err &&
	grep "^fatal: .alice@localhost. may push to all refs of .project. already" err &&
	as bob git config --global --get-regexp xmppshare >after &&
	test_cmp before after &&
	as bob sh -c "$(sed -n "s/^hint: Leave only that with \"\(.*\)\"/\1/p" err)" >out &&
	grep "^  push   alice@localhost  only refs/heads/alice/\*$" out &&
	share --push=alice@localhost:refs/heads/main --push=alice@localhost:refs/tags/"*" \
		--protect=main --protect=refs/tags/"*" >out &&
	grep "^  protect  refs/heads/main$" out &&
	as bob git xmpp share --list >list &&
	grep "^  push   alice@localhost  only refs/heads/main$" list &&
	grep "^  protect  refs/tags/\*$" list
'

test_expect_success 'what is in no place is refused, and what is in one is not' '
	commit main &&
	test_must_fail push bob work:refs/heads/other &&
	told refs/heads/other "only refs/heads/alice/*, refs/heads/main, refs/tags/* may be pushed" &&
	unmoved refs/heads/other "" &&
	push bob work:refs/heads/alice/x && test "$(bobs alice/x)" = "$(alices work)"
'

test_expect_success 'a name that leads out of a place is refused' '
	commit &&
	old=$(bobs main) &&
	for name in refs/heads/alice/../main refs/heads/alice/./x refs/heads/alice HEAD
	do
		{
			printf "connect git-receive-pack\n" &&
			line="$old $(alices work) $name" &&
			printf "%04x%s\0report-status0000" $((${#line} + 4 + 14)) "$line" &&
			printf "%s\n" "$(alices work)" "^$old" |
			git -C alice/work pack-objects -q --revs --stdout --thin
		} >asked &&
		as alice timeout 120 git remote-xmpp bob bob@localhost/project <asked >answer &&
		grep -a "ng $name " answer && unmoved refs/heads/main "$old" || return
	done
'

test_expect_success 'a list that git might read in another way is refused as a whole' '
	old=$(bobs main) && null=0000000000000000000000000000000000000000 &&
	{
		printf "connect git-receive-pack\n" &&
		line="$null $old refs/heads/alice/odd" &&
		printf "%04x%s\0report-status" $((${#line} + 4 + 14)) "$line" &&
		line="$null $old refs/heads/alice/odd2" &&
		printf "%04x%s\0atomic0000" $((${#line} + 4 + 7)) "$line"
	} >asked &&
	as alice timeout 120 git remote-xmpp bob bob@localhost/project <asked >answer 2>err
	cat err && grep "fatal: the capabilities are not where they belong" err &&
	test -z "$(bobs alice/odd)$(bobs alice/odd2)"
'

test_expect_success 'of several refs those that are refused are named, and the others move' '
	test_must_fail push bob work:refs/heads/other work:refs/heads/alice/y work:refs/heads/third &&
	told refs/heads/other "only refs/heads/alice/*, refs/heads/main, refs/tags/* may be pushed" &&
	told refs/heads/third "only refs/heads/alice/*, refs/heads/main, refs/tags/* may be pushed" &&
	grep "^\*	refs/heads/work:refs/heads/alice/y	\[new branch\]" told &&
	test "$(bobs alice/y)" = "$(alices work)" && test -z "$(bobs other)$(bobs third)" &&
	wait_for 10 journal_has bob "pushed  refused  .*other made at [0-9a-f]* refused: only refs/heads/alice"
'

test_expect_success 'what is protected goes forward' '
	commit main && push bob work:main && test "$(bobs main)" = "$(alices work)"
'

test_expect_success 'and not back, and its pack is not kept' '
	old=$(bobs main) &&
	commit main~1 &&
	test_must_fail push bob +work:main &&
	told refs/heads/main "protected: not a fast-forward" &&
	unmoved main "$old" &&
	as alice git -C alice/work push bob +work:main 2>err || : &&
	grep "! \[remote rejected\] work -> main (protected: not a fast-forward)" err
'

test_expect_success 'nor where a link to the hook was lost' '
	old=$(bobs main) && rm bob/.state/git-xmpp/hooks/*/pre-receive &&
	commit main~1 && test_must_fail push bob +work:main &&
	told refs/heads/main "protected: not a fast-forward" && unmoved main "$old"
'

test_expect_success 'nor is it deleted; what is in the place is' '
	old=$(bobs main) &&
	test_must_fail push bob :main && told refs/heads/main "protected: may not be deleted" &&
	test "$(bobs main)" = "$old" &&
	test_must_fail push bob :main :alice/y && told refs/heads/main "protected: may not be deleted" &&
	test "$(bobs main)" = "$old" && test -z "$(bobs alice/y)" &&
	commit && test_must_fail push bob :alice/x work:refs/heads/other &&
	told refs/heads/other "only refs/heads/alice/*, refs/heads/main, refs/tags/* may be pushed" &&
	unmoved other "" && test -z "$(bobs alice/x)"
'

test_expect_success 'a push backwards beside one that is allowed' '
	old=$(bobs main) &&
	commit main~1 &&
	test_must_fail push bob +work:main work:refs/heads/alice/z &&
	told refs/heads/main "protected: not a fast-forward" &&
	test "$(bobs main)" = "$old" && test "$(bobs alice/z)" = "$(alices work)"
'

test_expect_success 'an atomic push is refused as a whole, and nothing of it is kept' '
	old=$(bobs main) &&
	commit && test_must_fail push --atomic bob work:refs/heads/alice/at work:refs/heads/other &&
	unmoved alice/at "" && test -z "$(bobs other)" &&
	told refs/heads/alice/at "atomic push: refs/heads/other is refused" &&
	commit main~1 && test_must_fail push --atomic bob work:refs/heads/alice/at +work:main &&
	unmoved alice/at "" && test "$(bobs main)" = "$old" &&
	told refs/heads/main "protected: not a fast-forward" &&
	told refs/heads/alice/at "all or nothing: refs/heads/main is refused" &&
	commit && push --atomic bob work:refs/heads/alice/at work:refs/heads/alice/at2 &&
	test "$(bobs alice/at2)" = "$(alices work)"
'

test_expect_success 'tags that are protected are made, and stay' '
	commit main && git -C alice/work tag new-tag && push bob new-tag && test "$(bobs new-tag)" = "$(alices work)" &&
	commit && git -C alice/work tag -f new-tag && test_must_fail push bob +new-tag &&
	told refs/tags/new-tag "protected: a tag may not be moved" && unmoved new-tag "$(alices work~1)" &&
	test_must_fail push bob :refs/tags/new-tag && told refs/tags/new-tag "protected: may not be deleted" &&
	test "$(bobs new-tag)" = "$(alices work~1)"
'

test_expect_success 'a second name of a ref has the rules of the ref' '
	old=$(bobs main) &&
	git -C bob/project.git symbolic-ref refs/heads/alice/alias refs/heads/main &&
	git -C bob/project.git symbolic-ref refs/heads/alice/unborn refs/heads/secret &&
	commit main~1 &&
	test_must_fail push bob +work:alice/alias &&
	told refs/heads/alice/alias "protected: not a fast-forward (it stands for refs/heads/main)" &&
	unmoved main "$old" &&
	test_must_fail push bob :alice/alias && test "$(bobs main)" = "$old" &&
	test_must_fail push bob work:refs/heads/alice/unborn && unmoved secret "" &&
	git -C bob/project.git symbolic-ref -d refs/heads/alice/alias &&
	git -C bob/project.git symbolic-ref -d refs/heads/alice/unborn
'

test_expect_success 'nor do capitals make another ref, where they make no other file' '
	commit main && as bob git -C bob/project.git update-ref refs/heads/MAIN "$(bobs main)" &&
	git -C bob/project.git config core.ignoreCase true && old=$(bobs MAIN) &&
	share --push=alice@localhost:refs/heads/MAIN >out && commit main~1 &&
	test_must_fail push bob +work:MAIN && told refs/heads/MAIN "protected: not a fast-forward" &&
	test_must_fail push bob :MAIN && told refs/heads/MAIN "protected: may not be deleted" &&
	unmoved MAIN "$old" && git -C bob/project.git config --unset core.ignoreCase &&
	push bob :MAIN && test -z "$(bobs MAIN)" && share --rm=alice@localhost --push="$alice_place" >out
'

test_expect_success 'a commit that is said to replace another one makes nothing go forward' '
	old=$(bobs main) &&
	share --push=alice@localhost >out &&
	git -C alice/work checkout -q --orphan fresh && commit && git -C alice/work branch -f work &&
	git -C alice/work checkout -q work &&
	git -C alice/work replace --graft work "$old" && replaced=$(alices work) &&
	push bob "refs/replace/*:refs/replace/*" &&
	as bob git -C bob/project.git log -1 --format=%H "refs/replace/$replaced" &&
	test_must_fail push bob +work:main && told refs/heads/main "protected: not a fast-forward" &&
	test "$(bobs main)" = "$old" &&
	git -C alice/work replace -d "$replaced" && git -C bob/project.git update-ref -d "refs/replace/$replaced" &&
	git -C alice/work checkout -q -f main && share --rm=alice@localhost --push="$alice_place" >out
'

test_expect_success 'what is too much is not kept, and less is taken' '
	share --max-pack=64k >out && grep "^  a push may send 64k at most" out &&
	commit main && head -c 200000 /dev/urandom >alice/work/big && git -C alice/work add big &&
	git -C alice/work commit -q -m big &&
	test_must_fail push bob work:refs/heads/alice/big &&
	grep "pack exceeds maximum allowed size (64.00 KiB)" told && unmoved alice/big "" &&
	commit main && push bob work:refs/heads/alice/small &&
	git -C bob/project.git config receive.maxInputSize 100 &&
	commit && test_must_fail push bob work:refs/heads/alice/small &&
	grep "exceeds maximum allowed size (100 bytes)" told && unmoved alice/small "$(alices work~1)" &&
	git -C bob/project.git config --unset receive.maxInputSize &&
	share --max-pack=0 >out && test_must_fail grep "at most" out &&
	push bob work:refs/heads/alice/small
'

test_expect_success 'from devices only whose keys were compared' '
	share --push-requires=verified >out && grep "^  push from verified devices only" out &&
	commit && old=$(bobs alice/small) &&
	test_must_fail push bob work:refs/heads/alice/small &&
	grep "^fatal: .bob@localhost. takes pushes to .project. only from devices whose keys they have compared" told &&
	unmoved alice/small "$old" &&
	as alice git ls-remote $url >/dev/null &&
	as bob sh -c "$(sed -n "s/^hint: .*\"\(git xmpp verify .*\)\"/\1/p" told) \
		--fingerprint=\"$(as alice git xmpp verify --self | tail -n 1)\"" &&
	push bob work:refs/heads/alice/small && test "$(bobs alice/small)" = "$(alices work)" &&
	share --push-requires=trusted >out && test_must_fail grep verified out
'

test_expect_success 'what only verified devices may fetch is not there for others' '
	share --fetch-requires=verified >out &&
	as alice git ls-remote $url >/dev/null &&
	as bob git xmpp distrust alice@localhost >/dev/null &&
	share --fetch-requires=trusted >out &&
	# Where the server is slow, she may hear that later than what follows.
	wait_for 20 grep "ended: untrusted" log/alice &&
	as bob git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self | tail -n 1)" &&
	as alice git ls-remote $url >/dev/null
'

test_expect_success 'a rule that is not understood forbids' '
	as bob git config --global xmppShare.project.maxPack much && kill -HUP "$(broker_pid bob)" &&
	commit && old=$(bobs alice/small) &&
	wait_for 10 grep -q "maxPack: .much. is not understood" log/bob &&
	test_must_fail push bob work:refs/heads/alice/small && grep "^fatal: .bob@localhost. lets you fetch" told &&
	unmoved alice/small "$old" &&
	as bob git xmpp share --list >out && grep "^  maxPack  much (not understood: nobody may push)" out &&
	share --max-pack=0 >out && push bob work:refs/heads/alice/small
'

test_expect_success 'what would not bind, or is no rule, is not written' '
	as bob git config --global --get-regexp xmppshare >before &&
	for option in --push=alice@localhost:main "--push=alice@localhost:refs/heads/*/*" --push=group:a:b \
		"--fetch=alice@localhost:refs/heads/*" --protect= "--protect=a b" "--protect=refs/*/*" \
		--max-pack=much --max-pack=-1 --push-requires=yes --accept-group=x
	do
		test_must_fail share "$option" || return
	done &&
	as bob git config --global --get-regexp xmppshare >after && test_cmp before after
'

test_expect_success 'protection ends when it is taken away' '
	share --push=alice@localhost --no-protect=main --no-protect=refs/tags/"*" >out &&
	commit main~1 && push bob +work:main && test "$(bobs main)" = "$(alices work)" &&
	share --protect=main >out
'

# A push that is open, and says nothing: alice is asked something by a hook of hers.
hold_push () {
	mkdir -p alice/work/.git/hooks &&
	printf "#!/bin/sh\n: >%s/waits\nwhile test -e %s/waits; do sleep 0.1; done\n" "$TRASH" "$TRASH" \
		>alice/work/.git/hooks/pre-push &&
	chmod +x alice/work/.git/hooks/pre-push &&
	rm -f waits &&
	background alice git -C alice/work push bob "$@" >told 2>&1 &&
	wait_for 20 test -e waits
}

let_go () {
	rm -f waits alice/work/.git/hooks/pre-push
}

# times_judged_anew, judged_since <times>: alice's broker knows that a rule has changed under a push. If
# her git went on before, everything might be sent, and nobody know what became of it.
times_judged_anew () {
	grep -c "has changed what may be pushed" log/alice || :
}

judged_since () {
	test "$(times_judged_anew)" -gt "$1"
}

# job_fails: git says so, or dies of what it can no longer write to.
job_fails () {
	wait_for 20 gone "$job" && ! wait "$job"
}

test_expect_success 'a push that runs ends when its right becomes narrower' '
	commit && old=$(bobs main) &&
	for narrow in "--protect=refs/heads/*" "--max-pack=1m" "--rm=alice@localhost --push=$alice_place"
	do
		hold_push work:refs/heads/slow &&
		judged=$(times_judged_anew) &&
		set -f && share $narrow >out && set +f &&
		grep "^ended a push of .project. by alice@localhost" out &&
		wait_for 20 judged_since "$judged" &&
		let_go && job_fails && cat told &&
		grep "^hint: Run the same command again: it is judged by the new rules" told &&
		unmoved refs/heads/slow "" || { let_go; return 1; }
	done &&
	hold_push work:refs/heads/alice/slow &&
	share --push=alice@localhost:refs/heads/more >out && test_must_fail grep "^ended" out &&
	let_go && job_ends 20 0 && test "$(bobs alice/slow)" = "$(alices work)" &&
	share --max-pack=0 --no-protect="refs/heads/*" >out
'

# The hooks of a repository write down what they are called with, what they read and what they
# find in their environment.
write_hooks () {
	mkdir -p "$1" &&
	for hook in pre-receive update post-receive post-update reference-transaction
	do
		cat >"$1/$hook" <<-END &&
		#!/bin/sh
		{
			echo "\${0##*/} \$* in \$(basename "\$PWD")"
			case \${0##*/} in
			pre-receive | post-receive | reference-transaction) cat ;;
			esac
			env | grep -E "^GIT_" | grep -vE "GIT_(QUARANTINE_PATH|OBJECT_DIRECTORY|ALTERNATE)" | sort
			git config --get core.hooksPath
			ls /proc/self/fd | tr "\n" " "
			echo
		} >>"$TRASH/hooks.log" 2>&1
		END
		chmod +x "$1/$hook" || return
	done
}

# same_hooks: a push by rules, and one without, run the same hooks.
same_hooks () {
	commit &&
	share --protect=refs/heads/protected >out && rm -f hooks.log &&
	push -o "one=1" -o two bob work:refs/heads/alice/a +work~1:refs/heads/alice/b && mv hooks.log by-rules &&
	push bob :alice/a :alice/b && rm -f hooks.log &&
	share --rm=alice@localhost --push=alice@localhost --no-protect=refs/heads/protected \
		--no-protect=main >out &&
	push -o "one=1" -o two bob work:refs/heads/alice/a +work~1:refs/heads/alice/b && mv hooks.log without &&
	push bob :alice/a :alice/b &&
	share --rm=alice@localhost --push="$alice_place" --protect=main >out &&
	test_cmp without by-rules && cat by-rules
}

test_expect_success 'the hooks of the repository run as they would' '
	git -C bob/project.git config receive.advertisePushOptions true &&
	write_hooks bob/project.git/hooks &&
	same_hooks && grep "^post-update refs/heads/alice/a refs/heads/alice/b in project.git" by-rules &&
	grep "^GIT_XMPP_JID=alice@localhost" by-rules && grep "^GIT_PUSH_OPTION_1=two" by-rules &&
	test_must_fail grep -E "GIT_XMPP_(RULES|HOOKS|VERDICTS)|GIT_CONFIG_COUNT" by-rules
'

# hook <name> <argument>...: as git would run it, by these rules, with a list of one ref.
hook () {
	ln -sf "$BUILD/git-xmpp-hook" "links/$1" &&
	(cd bob/project.git && printf "%s %s refs/heads/alice/a\n" "$newer" "$older" |
	 env GIT_DIR=. GIT_XMPP_HOOKS="$TRASH/none" "$rules" "$verdicts" "$TRASH/links/$@")
}

test_expect_success 'a hook that does not know the rules, or cannot say what they refuse, declines' '
	mkdir -p links none && : >verdicts && newer=$(bobs main) older=$(bobs main~1) &&
	rules="GIT_XMPP_RULES=push anywhere
" verdicts=GIT_XMPP_VERDICTS=$TRASH/verdicts &&
	hook pre-receive && hook update refs/heads/alice/a "$newer" "$older" && test_is_empty verdicts &&
	rules="GIT_XMPP_RULES=push nowhere" &&
	test_must_fail hook pre-receive 2>err && grep "rules of the share cannot be read" err &&
	rules=OF_NO_MATTER=1 && test_must_fail hook pre-receive &&
	rules="GIT_XMPP_RULES=push anywhere
protect refs/heads/alice/*
" &&
	test_must_fail hook pre-receive && grep "^refs/heads/alice/a protected: not a fast-forward$" verdicts &&
	test_must_fail hook update refs/heads/alice/a "$newer" "$older" &&
	verdicts=GIT_XMPP_VERDICTS=$TRASH/none/there &&
	test_must_fail hook pre-receive 2>err && grep "^refs/heads/alice/a protected: not a fast-forward$" err &&
	test_must_fail hook update refs/heads/alice/a "$newer" "$older" 2>err && grep protected err
'

test_expect_success '... also those that core.hooksPath names' '
	mv bob/project.git/hooks bob/project.git/other-hooks &&
	git -C bob/project.git config core.hooksPath other-hooks &&
	same_hooks && grep "^update refs/heads/alice/a" by-rules &&
	mv bob/project.git/other-hooks bob/hooks && git -C bob/project.git config core.hooksPath "$TRASH/bob/hooks" &&
	same_hooks && grep "^update refs/heads/alice/a" by-rules &&
	git -C bob/project.git config --unset core.hooksPath && as bob git config --global core.hooksPath "~/hooks" &&
	same_hooks && grep "^update refs/heads/alice/a" by-rules &&
	as bob git config --global --unset core.hooksPath && rm -r bob/hooks && mkdir bob/project.git/hooks
'

test_expect_success 'a hook that is no program with a first line, and one that may not run' '
	printf "echo ran \$1 >>$TRASH/hooks.log\n" >bob/project.git/hooks/update && chmod +x bob/project.git/hooks/update &&
	printf "#!/bin/sh\nexit 1\n" >bob/project.git/hooks/pre-receive &&
	rm -f hooks.log && commit && push bob work:refs/heads/alice/a && grep "^ran refs/heads/alice/a" hooks.log
'

test_expect_success 'what the own hooks refuse is told as git tells it' '
	printf "#!/bin/sh\ntest \$1 != refs/heads/alice/no\n" >bob/project.git/hooks/update &&
	commit && test_must_fail push bob work:refs/heads/alice/no work:refs/heads/alice/yes &&
	told refs/heads/alice/no "hook declined" && test -z "$(bobs alice/no)" &&
	test "$(bobs alice/yes)" = "$(alices work)" &&
	chmod +x bob/project.git/hooks/pre-receive &&
	commit && test_must_fail push bob work:refs/heads/alice/yes && told refs/heads/alice/yes "pre-receive hook declined" &&
	unmoved alice/yes "$(alices work~1)" && rm bob/project.git/hooks/*
'

test_expect_success 'a hook that runs git in another repository runs hooks of that one' '
	git init -q --bare bob/mirror.git &&
	printf "#!/bin/sh\n: >$TRASH/mirrored\n" >bob/mirror.git/hooks/post-receive && chmod +x bob/mirror.git/hooks/post-receive &&
	printf "#!/bin/sh\nunset \$(git rev-parse --local-env-vars)\ngit -C \"$TRASH/bob/project.git\" push -q \"$TRASH/bob/mirror.git\" refs/heads/alice/m\n" \
		>bob/project.git/hooks/post-receive && chmod +x bob/project.git/hooks/post-receive &&
	commit && push bob work:refs/heads/alice/m && test -e mirrored &&
	test "$(git -C bob/mirror.git rev-parse alice/m)" = "$(alices work)" && rm bob/project.git/hooks/*
'

test_expect_success 'proc-receive: what it takes is refused with all, where a rule refuses one' '
	git -C bob/project.git config receive.procReceiveRefs refs/for &&
	share --push=alice@localhost:refs/for/"*" --push=alice@localhost:refs/heads/main >out &&
	cat >bob/project.git/hooks/proc-receive <<-\END &&
	#!/bin/sh
	# Answers by the protocol of githooks(5) that all went well.
	pkt () { printf "%04x%s" $((${#1} + 4)) "$1"; }
	len () { dd bs=1 count=4 2>/dev/null; }
	n=$(len); dd bs=1 count=$((0x$n - 4)) 2>/dev/null >/dev/null; len >/dev/null
	pkt "version=1"; printf 0000
	refs=
	while n=$(len) && test "$n" != 0000
	do
		line=$(dd bs=1 count=$((0x$n - 4)) 2>/dev/null)
		refs="$refs ${line##* }"
	done
	for ref in $refs; do pkt "ok $ref"; done
	printf 0000
	END
	chmod +x bob/project.git/hooks/proc-receive &&
	commit main && push bob work:refs/for/main && cat told && old=$(bobs main) &&
	commit main~1 && test_must_fail push bob work:refs/for/main +work:main &&
	told refs/heads/main "protected: not a fast-forward" &&
	told refs/for/main "all or nothing: refs/heads/main is refused" && unmoved main "$old" &&
	git -C bob/project.git config --unset receive.procReceiveRefs && rm bob/project.git/hooks/*
'

test_expect_success 'a work tree that follows, with a hook that does it and without' '
	git clone -q bob/project.git bob/tree && git -C bob/tree checkout -q main &&
	git -C bob/tree config receive.denyCurrentBranch updateInstead &&
	as bob git xmpp share bob/tree --name=tree --push=alice@localhost --protect=refs/heads/keep >out &&
	commit main && git -C alice/work fetch -q "$TRASH/bob/tree" main && commit FETCH_HEAD &&
	push xmpp::bob@localhost/tree work:main && test -e "bob/tree/file-$count" &&
	printf "#!/bin/sh\necho \"\$1\" >$TRASH/checked-out\ngit read-tree -u -m HEAD \"\$1\"\n" \
		>bob/tree/.git/hooks/push-to-checkout && chmod +x bob/tree/.git/hooks/push-to-checkout &&
	commit && push xmpp::bob@localhost/tree work:main && test "$(cat checked-out)" = "$(alices work)" &&
	test -e "bob/tree/file-$count" && as bob git xmpp unshare tree
'

test_expect_success 'a signed push' '
	if command -v ssh-keygen >/dev/null
	then
		ssh-keygen -q -t ed25519 -N "" -f signing &&
		git -C alice/work config gpg.format ssh && git -C alice/work config user.signingKey "$TRASH/signing.pub" &&
		git -C bob/project.git config receive.certNonceSeed seed &&
		commit && push --signed bob work:refs/heads/alice/signed && test "$(bobs alice/signed)" = "$(alices work)" &&
		commit && test_must_fail push --signed bob work:refs/heads/alice/signed work:refs/heads/other &&
		told refs/heads/alice/signed "signed push: refs/heads/other is refused" &&
		unmoved alice/signed "$(alices work~1)" && git -C bob/project.git config --unset receive.certNonceSeed
	fi
'

test_expect_success 'from a shallow clone' '
	as alice git clone -q --depth=1 $url alice/shallow &&
	echo s >alice/shallow/s && git -C alice/shallow add s && git -C alice/shallow commit -q -m s &&
	as alice git -C alice/shallow push -q origin HEAD:refs/heads/alice/shallow &&
	test_must_fail as alice git -C alice/shallow push -q origin HEAD:refs/heads/other 2>err &&
	grep "remote rejected.*may be pushed" err && test -z "$(bobs other)"
'

test_expect_success 'a repository with other objects' '
	git init -q --bare --object-format=sha256 bob/new.git &&
	as bob git xmpp share bob/new.git --name=new --push="$alice_place" --push=alice@localhost:refs/heads/main \
		--protect=main >out &&
	git init -q --object-format=sha256 alice/new && git -C alice/new commit -q --allow-empty -m 1 &&
	git -C alice/new commit -q --allow-empty -m 2 &&
	as alice git -C alice/new push -q xmpp::bob@localhost/new HEAD:refs/heads/main HEAD:refs/heads/alice/x &&
	old=$(git -C bob/new.git rev-parse main) &&
	git -C alice/new reset -q --hard HEAD~1 && git -C alice/new commit -q --allow-empty -m 3 &&
	test_must_fail as alice git -C alice/new push xmpp::bob@localhost/new +HEAD:main HEAD:refs/heads/other 2>err &&
	grep "protected: not a fast-forward" err && grep "only refs/heads/alice/\*, refs/heads/main may be pushed" err &&
	test "$(git -C bob/new.git rev-parse main)" = "$old" &&
	test_must_fail git -C bob/new.git cat-file -e "$(git -C alice/new rev-parse HEAD)" &&
	as bob git xmpp unshare new
'

test_expect_success 'the example hooks do what they say' '
	cp "$TOP/Documentation/hooks/"* bob/project.git/hooks/ &&
	share --push=alice@localhost:refs/tags/"*" >out &&
	commit && git -C alice/work tag verified-tag && push bob verified-tag work:refs/heads/alice/logged &&
	grep "refs/heads/alice/logged 0* $(alices work) project [a-z2-7]* alice@localhost$" bob/project.git/pushes.log &&
	git -C alice/work tag other-tag work~1 &&
	printf "%s %s refs/tags/x\n" 0 1 >list &&
	test_must_fail env GIT_XMPP_JID=alice@localhost GIT_XMPP_VERIFIED=0 bob/project.git/hooks/pre-receive <list 2>err &&
	grep "tags are taken from verified devices only" err &&
	GIT_XMPP_JID=alice@localhost GIT_XMPP_VERIFIED=1 bob/project.git/hooks/pre-receive <list &&
	bob/project.git/hooks/pre-receive <list && rm bob/project.git/hooks/*
'

test_expect_success 'a group of the contact list: its members are written down' '
	share --rm=alice@localhost >out &&
	test_expect_code 128 share --push=group:team 2>err && grep "^fatal: nobody is in the group .team." err &&
	set_group bob alice@localhost team friends &&
	share --push=group:team >out && cat out &&
	grep "^alice@localhost is in the group .team., and has its rights now" out &&
	grep "^  push   group:team (alice@localhost)" out &&
	test "$(as bob git config --global --get-all xmppGroup.team.member)" = alice@localhost &&
	commit && push bob work:refs/heads/alice/group && test "$(bobs alice/group)" = "$(alices work)"
'

refused_at_once () {
	! as alice git ls-remote $url >/dev/null 2>&1
}

test_expect_success 'who is taken out of the group has no right any more, and loses what runs' '
	commit && hold_push work:refs/heads/alice/group &&
	set_group bob alice@localhost friends && wait_for 10 refused_at_once &&
	let_go && job_fails && unmoved alice/group "$(alices work~1)"
'

says_group_waits () {
	as bob git xmpp status >out && grep "alice@localhost is in your group team" out
}

test_expect_success 'who is put into it by the server waits for the user' '
	as bob git config --global --unset-all xmppGroup.team.member && kill -HUP "$(broker_pid bob)" &&
	set_group bob alice@localhost team &&
	wait_for 10 says_group_waits && grep "git xmpp share --accept-group=team --member=alice@localhost" out &&
	test_must_fail push bob work:refs/heads/alice/group && unmoved alice/group "$(alices work~1)" &&
	test_expect_code 1 as bob git xmpp share --accept-group=team </dev/null &&
	test_must_fail push bob work:refs/heads/alice/group && unmoved alice/group "$(alices work~1)" &&
	as bob git xmpp share --accept-group=team --member=alice@localhost >out && grep "has its rights now" out &&
	push bob work:refs/heads/alice/group && test "$(bobs alice/group)" = "$(alices work)" &&
	as bob git xmpp status >out && test_must_fail grep "is in your group" out
'

test_expect_success 'a member does not lose alone what the group may' '
	test_expect_code 128 share --rm=alice@localhost 2>err &&
	grep "^fatal: .alice@localhost. would keep what .group:team. may do" err &&
	share --rm=group:team >out && ! as alice git ls-remote $url 2>err && grep "^fatal: .*project" err
'

# Nor does one take longer: it is looked up in a table, and nothing is started.
test_expect_success 'what is forbidden and what is not there are told alike' '
	for name in project nothing
	do
		test_must_fail as alice git ls-remote "xmpp::bob@localhost/$name" 2>"err.$name" || return
	done &&
	sed s/project/nothing/g err.project >expect && test_cmp expect err.nothing
'

test_expect_success 'and no git is started for either' '
	test_must_fail grep "project.*cannot be served" log/bob &&
	test -z "$(service_pids)"
'

test_expect_success 'nothing of a push is left behind' '
	test -z "$(ls bob/.state/git-xmpp/hooks | grep verdict)"
'

test_done
