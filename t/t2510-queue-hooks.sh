#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The broker's git is the user's git: a queued push, and the fetch of what is
# followed, run where and as the user's own would, hooks and all.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# what_a_hook_sees <file>: a hook that writes it down. GIT_PREFIX is where in the work tree the user
# was; the push of the queue is at its top. How it is asked for a password is the broker's.
what_a_hook_sees () {
	cat <<-END
	#!/bin/sh
	{
		pwd
		git rev-parse --git-dir --git-common-dir --is-inside-work-tree
		git rev-parse --show-toplevel 2>&1
		git config core.place
		echo "\$SSH_AUTH_SOCK \$OF_THE_USER"
		echo "\$PATH" | cut -d: -f1
		env | grep "^GIT_" | grep -vE "^GIT_(XMPP_|PREFIX=|TERMINAL_PROMPT=|ASKPASS=)" | sort
	} >"$1.\$\$" 2>&1
	mv "$1.\$\$" "$1"
	END
}

# same_place <hooks directory> <pushing command...>: pushes with it and out of the queue, and
# compares.
same_place () {
	local hooks

	hooks=$1
	shift
	n=$((n + 1))
	rm -f saw
	mkdir -p "$hooks" &&
	what_a_hook_sees "$TRASH/saw" >"$hooks/pre-push" &&
	chmod +x "$hooks/pre-push" &&
	"$@" push -q "$url" HEAD:refs/heads/plain-$n && mv saw expect &&
	"$@" xmpp queue push bob HEAD:refs/heads/queued-$n && wait_for 20 test -e saw &&
	test_cmp expect saw && cat saw &&
	wait_for 20 git -C bob/project.git rev-parse -q --verify refs/heads/queued-$n &&
	rm "$hooks/pre-push"
}
n=0

mine () {
	as alice OF_THE_USER=yes SSH_AUTH_SOCK=/agent PATH="$TRASH/programs:$PATH" "$@"
}

in_directory () {
	(
		cd "$1" && shift && mine "$@"
	)
}

queue_says () {
	as alice git xmpp queue | grep "$1"
}

# drop_failed: the entry that has failed. What was delivered behind it may still be on its way out.
drop_failed () {
	as alice git xmpp queue drop "$(as alice git xmpp queue | sed -n "/ failed\| tried/s/ .*//p")"
}

queue_is_empty () {
	test -z "$(as alice git xmpp queue)"
}

test_expect_success 'two users, and repositories of all kinds' '
	mkdir programs &&
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice OF_THE_USER=yes SSH_AUTH_SOCK=/agent && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q -o bob $url alice/work &&
	mkdir alice/work/deep && echo x >alice/work/deep/file && git -C alice/work add deep &&
	git -C alice/work commit -q -m deep &&
	git -C alice/work worktree add -q ../linked -b linked &&
	as alice git clone -q -o bob --bare $url alice/bare.git &&
	as alice git clone -q -o bob --separate-git-dir=alice/elsewhere.git $url alice/separate
'

test_expect_success 'at the top of the work tree' '
	same_place alice/work/.git/hooks in_directory alice/work git
'

test_expect_success 'deep inside' '
	same_place alice/work/.git/hooks in_directory alice/work/deep git
'

test_expect_success 'with hooks in the work tree' '
	git -C alice/work config core.hooksPath .githooks &&
	same_place alice/work/.githooks in_directory alice/work/deep git &&
	git -C alice/work config --unset core.hooksPath
'

test_expect_success 'in the git directory' '
	same_place alice/work/.git/hooks in_directory alice/work/.git/refs git
'

test_expect_success 'in a linked work tree, with a configuration of its own' '
	git -C alice/linked config extensions.worktreeConfig true &&
	git -C alice/linked config --worktree core.place linked &&
	same_place alice/work/.git/hooks in_directory alice/linked git && grep -x linked saw
'

test_expect_success 'with includes for a branch and a directory' '
	git config -f alice/.branch core.place "a branch" &&
	git -C alice/work config includeIf.onbranch:main.path "$TRASH/alice/.branch" &&
	same_place alice/work/.git/hooks in_directory alice/work git && grep -x "a branch" saw &&
	git config -f alice/.place core.place "a directory" &&
	as alice git config --global "includeIf.gitdir:$TRASH/alice/separate/.path" "$TRASH/alice/.place" &&
	as alice git config --global "includeIf.gitdir:$TRASH/alice/elsewhere.git.path" "$TRASH/alice/.place" &&
	same_place alice/elsewhere.git/hooks in_directory alice/separate git && grep -x "a directory" saw
'

test_expect_success 'in a bare repository' '
	same_place alice/bare.git/hooks in_directory alice/bare.git git &&
	same_place alice/bare.git/hooks in_directory alice/bare.git/refs git
'

test_expect_success 'with a repository that is named' '
	same_place alice/bare.git/hooks in_directory alice git --git-dir=bare.git &&
	same_place alice/elsewhere.git/hooks in_directory alice git --git-dir=elsewhere.git --work-tree=separate &&
	same_place alice/elsewhere.git/hooks in_directory alice/separate git --git-dir=../elsewhere.git
'

test_expect_success 'in a submodule, and with submodules that are checked' '
	git init -q alice/part && git -C alice/part commit -q --allow-empty -m part &&
	git -C alice/work -c protocol.file.allow=always submodule --quiet add "$TRASH/alice/part" part &&
	git -C alice/work commit -q -m part &&
	git -C alice/work/part remote add bob $url &&
	same_place alice/work/.git/modules/part/hooks in_directory alice/work/part git &&
	git -C alice/work/part commit -q --allow-empty -m "not pushed anywhere" &&
	git -C alice/work commit -q -a -m newer &&
	git -C alice/work config push.recurseSubmodules check &&
	test_must_fail in_directory alice/work git push -q bob HEAD:checked 2>err && cat err &&
	in_directory alice/work git xmpp queue push bob HEAD:checked && wait_for 20 queue_says failed &&
	! git -C bob/project.git rev-parse -q --verify checked &&
	drop_failed &&
	git -C alice/work config --unset push.recurseSubmodules
'

# It dies when it has heard what the other side cannot take, before it names a ref.
test_expect_success 'a push that git gives up has failed, and nothing waits behind it' '
	git -C bob/project.git config receive.advertisePushOptions false &&
	git -C alice/work config push.pushOption ticket=4711 &&
	in_directory alice/work git xmpp queue push bob HEAD:optional && wait_for 20 queue_says failed &&
	git -C alice/work config --unset push.pushOption &&
	in_directory alice/work git xmpp queue push bob HEAD:behind &&
	wait_for 20 git -C bob/project.git rev-parse -q --verify behind &&
	! git -C bob/project.git rev-parse -q --verify optional &&
	drop_failed
'

test_expect_success 'what a hook forbids is not pushed' '
	mkdir -p alice/work/.githooks && git -C alice/work config core.hooksPath .githooks &&
	printf "#!/bin/sh\necho no secrets, please >&2\nexit 1\n" >alice/work/.githooks/pre-push &&
	chmod +x alice/work/.githooks/pre-push &&
	in_directory alice/work git xmpp queue push bob HEAD:forbidden && wait_for 20 queue_says "tried\|failed" &&
	! git -C bob/project.git rev-parse -q --verify forbidden &&
	drop_failed && rm alice/work/.githooks/pre-push
'

test_expect_success 'the hook of the ref that follows the push runs there, too' '
	what_a_hook_sees "$TRASH/saw.refs" >alice/work/.githooks/reference-transaction &&
	chmod +x alice/work/.githooks/reference-transaction &&
	in_directory alice/work git push -q bob HEAD:tracked-1 && mv saw.refs expect &&
	in_directory alice/work git xmpp queue push bob HEAD:tracked-2 && wait_for 20 test -e saw.refs &&
	wait_for 20 queue_is_empty && test_cmp expect saw.refs
'

test_expect_success 'and with a fetch of what is followed, as with git fetch' '
	git -C bob/project.git branch fetched-1 main && rm -f saw.refs &&
	in_directory alice/work git fetch -q bob && mv saw.refs expect &&
	in_directory alice/work git xmpp follow bob && rm -f saw.refs &&
	git -C bob/project.git branch fetched-2 main &&
	wait_for 20 git -C alice/work rev-parse -q --verify bob/fetched-2 &&
	sed "/programs/d" expect >expect.follow && sed "/^\/.*build/d;/^\/usr/d" saw.refs >saw.follow &&
	head -n 6 expect.follow >a && head -n 6 saw.follow >b && test_cmp a b &&
	in_directory alice/work git xmpp unfollow bob && rm alice/work/.githooks/reference-transaction
'

test_expect_success 'no secret is written down, and it is said what is not kept' '
	stop_broker bob && wait_for 10 test_must_fail as alice git ls-remote $url &&
	in_directory alice/work env API_TOKEN=hush-1 git -c http.extraHeader=hush-2 -c xmpp.autostart=false \
		xmpp queue push bob HEAD:secret >out 2>err &&
	grep "^warning: http.extraheader was given to this command alone" err && ! grep xmpp.autostart err &&
	! grep -r hush alice/.state/git-xmpp
'

test_expect_success 'an entry of an earlier version runs at the top of the work tree' '
	id=$(as alice git xmpp queue | sed "s/ .*//") && entry=alice/.state/git-xmpp/queue/$id &&
	stop_broker alice && tr "\0" "\n" <$entry >entry && grep "^directory=$TRASH/alice/work$" entry &&
	grep -v "^directory=\|^variable=" entry | tr "\n" "\0" >$entry &&
	printf "#!/bin/sh\npwd >$TRASH/where\n" >alice/work/.githooks/pre-push && chmod +x alice/work/.githooks/pre-push &&
	start_broker alice && start_broker bob && wait_for 20 queue_is_empty &&
	test "$(cat where)" = "$TRASH/alice/work" && git -C bob/project.git rev-parse -q --verify secret &&
	git -C alice/work config --unset core.hooksPath
'

test_expect_success 'a work tree that is gone is a failure that is told' '
	stop_broker bob && wait_for 10 test_must_fail as alice git ls-remote $url &&
	git -C alice/linked commit -q --allow-empty -m last &&
	in_directory alice/linked git xmpp queue push bob HEAD:gone && rm -r alice/linked &&
	start_broker bob && wait_for 20 queue_says "failed: cannot run git in .*/alice/linked"
'

test_expect_success 'a hook that says no: it has failed, with the words of the hook, and holds up nothing' '
	wait_for 20 trusts alice bob && queue=$(as alice git xmpp queue | wc -l) &&
	printf "#!/bin/sh\necho no secrets please >&2\nexit 1\n" >alice/work/.git/hooks/pre-push &&
	chmod +x alice/work/.git/hooks/pre-push &&
	git -C alice/work commit -q --allow-empty -m secret &&
	in_directory alice/work git xmpp queue push bob HEAD:no-secret &&
	wait_for 20 queue_says "failed: no secrets please" &&
	as alice git xmpp queue | grep -A1 "no secrets" | grep "^    git xmpp queue retry q[0-9]*   or   git xmpp queue drop q[0-9]*$" &&
	rm alice/work/.git/hooks/pre-push &&
	in_directory alice/work git xmpp queue push bob HEAD:behind-it &&
	wait_for 20 git -C bob/project.git rev-parse -q --verify behind-it
'

# Somebody who is short of memory kills what is largest.
test_expect_success 'a helper that is killed has refused nothing: the push is tried again' '
	cat >alice/work/.git/hooks/pre-push <<-END &&
	#!/bin/sh
	test ! -e $TRASH/killed || exit 0
	for file in /proc/[0-9]*/comm
	do
		pid=\${file#/proc/} && pid=\${pid%/comm} &&
		grep -qx git-remote-xmpp \$file && grep -qz "^HOME=$TRASH/alice\$" /proc/\$pid/environ &&
		kill -KILL \$pid && echo \$pid >>$TRASH/killed
	done 2>/dev/null
	exit 0
	END
	chmod +x alice/work/.git/hooks/pre-push &&
	in_directory alice/work git xmpp queue push bob HEAD:in-the-end &&
	wait_for 30 git -C bob/project.git rev-parse -q --verify in-the-end &&
	wait_for 10 test_must_fail queue_says in-the-end && rm alice/work/.git/hooks/pre-push &&
	test_line_count = 1 killed && as alice git xmpp log | grep "in-the-end.*git-remote-xmpp died"
'

test_expect_success 'what git refuses by itself has failed at once, in whatever language, and holds up nothing' '
	stop_broker alice && start_broker alice LANGUAGE=de LC_ALL=C.UTF-8 && wait_for 20 trusts alice bob &&
	git -C alice/work remote add mirror "$url" &&
	in_directory alice/work git xmpp queue push mirror HEAD:mirrored-1 &&
	wait_for 20 git -C bob/project.git rev-parse -q --verify mirrored-1 && stop_broker bob &&
	wait_for 10 test_must_fail as alice git ls-remote $url &&
	in_directory alice/work git xmpp queue push mirror HEAD:mirrored-2 &&
	in_directory alice/work git xmpp queue push bob HEAD:behind-the-mirror &&
	git -C alice/work config remote.mirror.mirror true && start_broker bob &&
	wait_for 20 queue_says "mirrored-2.*failed: .*mirror" &&
	wait_for 20 git -C bob/project.git rev-parse -q --verify behind-the-mirror
'

test_done
