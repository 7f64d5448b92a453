#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The corners of git, one by one as Documentation/corners.md lists them: what reaches the helper in
# another way than by git clone, fetch and push of an address.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost

# same <repository> <rev> <repository> <rev>: the same object.
same () {
	test "$(git -C "$1" rev-parse --verify -q "$2")" = "$(git -C "$3" rev-parse --verify -q "$4")" &&
	git -C "$1" rev-parse --verify -q "$2"
}

# grows <repository> [<message>]: an empty commit on its main, which need not be checked out.
grows () {
	git -C "$1" update-ref refs/heads/main "$(
		git -C "$1" commit-tree -p main -m "${2:-more}" "main^{tree}")"
}

test_expect_success 'two users; what bob shares' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 1 &&
	git -C bob/project.git config uploadpack.allowFilter true &&
	"$TOP/t/tools/make-repo" bob/part.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git xmpp share bob/part.git --name=part --push=alice@localhost &&
	as alice git clone -q $url/project alice/work
'

remember_descriptors alice bob

test_expect_success 'submodules: a relative URL, and pushes of both, once the user allows it' '
	as alice git clone -q --bare $url/part alice/seed.git &&
	git init -q --bare -b main bob/super.git &&
	as bob git xmpp share bob/super.git --name=team/super --push=alice@localhost &&
	as alice git clone -q $url/team/super alice/super &&
	test_must_fail as alice git -C alice/super submodule add ../../part part 2>err &&
	grep "transport .xmpp. not allowed" err &&
	as alice git config --global protocol.xmpp.allow always &&
	as alice git -C alice/super submodule --quiet add ../../part part &&
	test "$(git -C alice/super/part config remote.origin.url)" = $url/part &&
	git -C alice/super commit -q -m "with part" && as alice git -C alice/super push -q origin HEAD &&
	git -C alice/super/part commit -q --allow-empty -m "in part" &&
	git -C alice/super commit -q -am "newer part" &&
	as alice git -C alice/super push -q --recurse-submodules=on-demand origin HEAD &&
	same alice/super/part HEAD bob/part.git main &&
	as alice git clone -q --recurse-submodules -j2 $url/team/super alice/again &&
	same alice/again/part HEAD bob/part.git main &&
	as alice git clone -q --recurse-submodules xmpp://bob@localhost/team/super alice/slashes &&
	test "$(git -C alice/slashes/part config remote.origin.url)" = xmpp://bob@localhost/part &&
	grows bob/part.git &&
	as alice git -C alice/again submodule --quiet update --remote &&
	same alice/again/part HEAD bob/part.git main
'

test_expect_success '... a URL that leaves the buddy names no repository, and another buddy is a stranger' '
	git init -q alice/away && git -C alice/away remote add origin $url/team/super &&
	test_must_fail as alice git -C alice/away submodule add ../../../part part 2>err &&
	grep "^fatal: .*xmpp::part" err &&
	test_must_fail as alice git -C alice/away submodule add ../../../eve@localhost/part part 2>err &&
	grep "^fatal: .eve@localhost. is not your buddy" err &&
	as alice git config --global --unset protocol.xmpp.allow
'

test_expect_success 'url.insteadOf: a short form, in a clone, a remote and on the command line' '
	as alice git config --global "url.$url/.insteadOf" bob: &&
	as alice git clone -q bob:project alice/short &&
	grows bob/project.git &&
	as alice git -C alice/short pull -q &&
	same alice/short HEAD bob/project.git main &&
	as alice git ls-remote bob:part >refs && test -s refs &&
	as alice git config --global --remove-section "url.$url/"
'

test_expect_success 'url.pushInsteadOf: fetched from one place, pushed to a buddy' '
	as alice git config --global "url.$url/.pushInsteadOf" "file://$TRASH/bob/" &&
	as alice git clone -q "file://$TRASH/bob/part.git" alice/mirror &&
	git -C alice/mirror commit -q --allow-empty -m mirrored &&
	as alice GIT_TRACE="$TRASH/trace" git -C alice/mirror push -q origin HEAD:mirrored &&
	grep "run_command: .*remote-xmpp" trace &&
	same alice/mirror HEAD bob/part.git mirrored &&
	as alice git config --global --remove-section "url.$url/"
'

test_expect_success 'remote.<name>.vcs: the address without a scheme' '
	git init -q alice/vcs && git -C alice/vcs config remote.bob.vcs xmpp &&
	git -C alice/vcs config remote.bob.url bob@localhost/project &&
	git -C alice/vcs config remote.bob.fetch "+refs/heads/*:refs/remotes/bob/*" &&
	as alice git -C alice/vcs fetch -q bob &&
	same alice/vcs bob/main bob/project.git main &&
	as alice git -C alice/vcs push -q bob bob/main:refs/heads/vcs &&
	same alice/vcs bob/main bob/project.git vcs &&
	git -C alice/vcs config remote.bob.url bob@localhost &&
	test_expect_code 128 as alice git -C alice/vcs fetch -q bob 2>err &&
	head -n 1 err | grep "^fatal: .*no repository name"
'

test_expect_success 'linked work trees fetch, push and are shared' '
	git -C alice/work worktree add -q ../linked -b linked && git -C alice/linked commit -q --allow-empty -m linked &&
	as alice git -C alice/linked push -q -u origin HEAD &&
	grows bob/project.git &&
	as alice git -C alice/linked fetch -q &&
	same alice/work origin/main bob/project.git main &&
	git -C alice/linked checkout -q --detach && git -C alice/linked commit -q --allow-empty -m detached &&
	as alice git -C alice/linked push -q origin HEAD:refs/heads/detached &&
	same alice/linked HEAD bob/project.git detached &&
	as alice git xmpp share alice/linked --name=hers --fetch=bob@localhost >out &&
	grep "^shared $TRASH/alice/work/.git as" out &&
	as bob git ls-remote xmpp::alice@localhost/hers linked >refs && test -s refs
'

test_expect_success 'a bundle gives what it has, and the buddy the rest' '
	git -C bob/project.git bundle create -q "$TRASH/project.bundle" main &&
	grows bob/project.git &&
	as alice git clone -q --bundle-uri="$TRASH/project.bundle" $url/project alice/bundled &&
	same alice/bundled HEAD bob/project.git main &&
	git -C alice/bundled rev-parse --verify -q refs/bundles/main
'

test_expect_success '... a share that names bundles is cloned all the same; an address is none of a bundle' '
	git -C bob/project.git config uploadpack.advertiseBundleURIs true &&
	git -C bob/project.git config bundle.version 1 &&
	git -C bob/project.git config bundle.mode all &&
	git -C bob/project.git config bundle.first.uri "file://$TRASH/project.bundle" &&
	as alice git -c transfer.bundleURI=true clone -q $url/project alice/named &&
	same alice/named HEAD bob/project.git main &&
	as alice git clone -q --bundle-uri=$url/project $url/project alice/no-bundle 2>err &&
	same alice/no-bundle HEAD bob/project.git main &&
	grep "^warning: failed to download bundle" err &&
	git -C bob/project.git config --remove-section bundle.first
'

# editor <command>...: as a program would run it that has no terminal and reads what git says.
editor () {
	as alice env GIT_TERMINAL_PROMPT=0 GIT_ASKPASS="$TRASH/askpass" SSH_ASKPASS="$TRASH/askpass" \
		LC_ALL=C setsid -w "$@" <&- 2>err
}

test_expect_success 'a program that calls git: no terminal, no question, its lines to be parsed' '
	printf "#!/bin/sh\n>\"$TRASH/was-asked\"\n" >askpass && chmod +x askpass &&
	editor git clone --progress $url/project alice/editor >out &&
	tr "\r" "\n" <err | grep "^Receiving objects: 100%" &&
	git -C alice/editor commit -q --allow-empty -m edited &&
	editor git -C alice/editor push --porcelain --progress origin HEAD:edited >out &&
	printf "To %s\n*\tHEAD:refs/heads/edited\t[new branch]\nDone\n" $url/project >expect &&
	test_cmp expect out &&
	grows bob/project.git &&
	editor git -C alice/editor fetch --progress --prune --no-tags origin >out &&
	tr "\r" "\n" <err | grep "main *-> origin/main" &&
	editor git -C alice/editor status --porcelain=v2 --branch >out &&
	grep -x "# branch.ab +1 -1" out &&
	test_must_fail editor git ls-remote $url/nothing >out &&
	test_line_count = 2 err && head -n 1 err | grep "^fatal: .*does not share" &&
	sed -n 2p err | grep "^hint: " &&
	test ! -e was-asked
'

test_expect_success 'clone --reference and --dissociate; a share that borrows objects' '
	as alice git clone -q --reference alice/work $url/project alice/borrows &&
	test -s alice/borrows/.git/objects/info/alternates &&
	as alice git clone -q --reference alice/work --dissociate $url/project alice/owns &&
	test ! -e alice/owns/.git/objects/info/alternates && git -C alice/owns fsck &&
	git clone -q --bare --shared bob/project.git bob/shared.git &&
	as bob git xmpp share bob/shared.git --name=shared --push=alice@localhost &&
	as alice git clone -q $url/shared alice/of-shared &&
	git -C alice/of-shared commit -q --allow-empty -m on && as alice git -C alice/of-shared push -q origin HEAD &&
	same alice/of-shared HEAD bob/shared.git main && git -C bob/shared.git fsck
'

test_expect_success 'a partial clone fetches what it misses: show, diff, checkout' '
	as alice git clone -q --filter=blob:none --no-checkout $url/project alice/lazy &&
	git -C alice/lazy rev-list --objects --all --missing=print | grep -c "^?" &&
	as alice git -C alice/lazy show HEAD:d01/f01 >actual &&
	git -C bob/project.git show main:d01/f01 >expect && test_cmp expect actual &&
	as alice git -C alice/lazy sparse-checkout set d01 && as alice git -C alice/lazy checkout -q main &&
	test -f alice/lazy/d01/f01 && test ! -e alice/lazy/d02 &&
	as alice git -C alice/lazy log -p -1 >out && test -s out
'

test_expect_success 'archive --remote by the name of a remote, compressed' '
	as alice git -C alice/work archive --remote=origin --format=tar.gz main d01 >actual.tgz &&
	tar tzf actual.tgz | grep -x d01/f01
'

test_expect_success 'shallow: since a date, without a ref, from where it is pushed' '
	as alice git clone -q --depth=1 --no-single-branch $url/project alice/shallow &&
	git -C alice/shallow commit -q --allow-empty -m shallow &&
	as alice git -C alice/shallow push -q origin HEAD:shallow &&
	same alice/shallow HEAD bob/project.git shallow &&
	as alice git -C alice/shallow fetch -q --deepen=2 && test "$(git -C alice/shallow rev-list --count origin/main)" -ge 3 &&
	as alice git -C alice/shallow fetch -q --shallow-exclude=vcs origin main &&
	as alice git -C alice/shallow fetch -q --unshallow &&
	test "$(git -C alice/shallow rev-parse --is-shallow-repository)" = false &&
	as alice git clone -q --shallow-since=1971-01-01 $url/project alice/since
'

test_expect_success 'maintenance prefetches, without a terminal' '
	grows bob/project.git &&
	editor git -C alice/work maintenance run --task=prefetch --quiet >out &&
	same alice/work refs/prefetch/remotes/origin/main bob/project.git main &&
	test_must_fail same alice/work origin/main bob/project.git main
'

test_expect_success 'fetch of several remotes, one after another and at once; of a group' '
	git init -q alice/many &&
	for name in project part shared team/super
	do
		git -C alice/many remote add "$name" "$url/$name" || return 1
	done &&
	as alice git -C alice/many fetch -q --multiple project part &&
	as alice git -C alice/many fetch -q --all -j4 &&
	same alice/many team/super/main bob/super.git main &&
	grows bob/project.git && grows bob/part.git &&
	git -C alice/many config remotes.two "project part" &&
	as alice git -C alice/many remote update two &&
	same alice/many project/main bob/project.git main && same alice/many part/main bob/part.git main
'

lfs='git lfs version'

# media <repository> <name> <bytes> <seed>: a file that git-lfs keeps, committed.
media () {
	head -c "$3" /dev/zero | openssl enc -aes-128-ctr -K "$4$4$4$4" -iv 0 2>/dev/null >"$1/$2" &&
	as "${1%%/*}" git -C "$1" add "$2" && as "${1%%/*}" git -C "$1" commit -q -m "$2" &&
	git -C "$1" cat-file blob "HEAD:$2" | grep "^oid sha256:"
}

# oid_of <repository> <name>: as git-lfs calls it.
oid_of () {
	git -C "$1" cat-file blob "HEAD:$2" | sed -n 's/^oid sha256://p'
}

queue_is_empty () {
	test -z "$(as "$1" git xmpp queue)"
}

test_expect_success "$lfs" 'git-lfs: without its agent the push is refused, and the two lines of git let it go' '
	as alice git lfs install --skip-repo && as bob git lfs install --skip-repo &&
	as alice git clone -q $url/part alice/media && echo "*.bin filter=lfs diff=lfs merge=lfs -text" >alice/media/.gitattributes &&
	git -C alice/media add .gitattributes && as alice git -C alice/media lfs install --local &&
	media alice/media a.bin 300000 00112233 &&
	test_must_fail as alice git -C alice/media push -q origin HEAD:refs/heads/media &&
	as alice GIT_LFS_SKIP_PUSH=1 git -C alice/media push -q origin HEAD:refs/heads/without &&
	as alice GIT_LFS_SKIP_SMUDGE=1 git clone -q -b without $url/part alice/pointers &&
	grep "^oid sha256" alice/pointers/a.bin
'

test_expect_success "$lfs" 'git-lfs: "git xmpp lfs setup" once, then push and clone carry the objects' '
	as alice git xmpp lfs setup && as alice git xmpp lfs setup && as bob git xmpp lfs setup &&
	media alice/media b.bin 1500000 44556677 &&
	as alice git -C alice/media push origin HEAD:refs/heads/media &&
	as alice git -C alice/media lfs push --all origin &&
	git -C bob/part.git for-each-ref --format="%(objecttype)" refs/xmpp/lfs >types &&
	printf "blob\nblob\n" >expect && test_cmp expect types &&
	as alice git clone -q -b media $url/part alice/media-clone &&
	cmp alice/media/a.bin alice/media-clone/a.bin && cmp alice/media/b.bin alice/media-clone/b.bin &&
	test -z "$(git -C alice/media-clone for-each-ref refs/xmpp)" &&
	as alice git -C alice/media-clone lfs fsck &&
	as alice git clone -q -b media xmpp://bob@localhost/part alice/media-slashes &&
	cmp alice/media/b.bin alice/media-slashes/b.bin
'

test_expect_success "$lfs" '... fetched, pulled and got later' '
	media alice/media c.bin 100 8899aabb && as alice git -C alice/media push -q origin HEAD:refs/heads/media &&
	as alice git -C alice/media-clone pull -q && cmp alice/media/c.bin alice/media-clone/c.bin &&
	rm -rf alice/media-clone/.git/lfs alice/media-clone/c.bin &&
	as alice git -C alice/media-clone lfs fetch --all && as alice git -C alice/media-clone lfs checkout &&
	cmp alice/media/c.bin alice/media-clone/c.bin
'

test_expect_success "$lfs" '... a work tree is shared: its own objects are published, and a push updates it' '
	git init -q -b main bob/studio && cp alice/media/.gitattributes bob/studio && git -C bob/studio add .gitattributes &&
	as bob git -C bob/studio lfs install --local && media bob/studio one.bin 200000 ccddeeff &&
	as bob git xmpp share bob/studio --name=studio --push=alice@localhost </dev/null &&
	git -C bob/studio config receive.denyCurrentBranch updateInstead &&
	git -C bob/studio config lfs.standalonetransferagent xmpp &&
	test_must_fail as alice git clone -q $url/studio alice/studio 2>err && grep -F "\"git xmpp lfs publish\"" err &&
	rm -rf alice/studio &&
	(cd bob/studio && as bob git xmpp lfs publish) >out && echo "published 1 object" >expect && test_cmp expect out &&
	(cd bob/studio && as bob git xmpp lfs publish) >out && echo "published 0 objects" >expect && test_cmp expect out &&
	as alice git clone -q $url/studio alice/studio && cmp bob/studio/one.bin alice/studio/one.bin &&
	media alice/studio two.bin 150000 01234567 && as alice git -C alice/studio push -q origin HEAD:main &&
	cmp bob/studio/two.bin alice/studio/two.bin
'

test_expect_success "$lfs" '... who may push into some refs only may be given those of git-lfs, too' '
	git clone -q --bare bob/part.git bob/narrow.git &&
	git -C bob/narrow.git for-each-ref --format="delete %(refname)" refs/xmpp | git -C bob/narrow.git update-ref --stdin &&
	as bob git xmpp share bob/narrow.git --name=narrow --push="alice@localhost:refs/heads/alice/*" &&
	test_must_fail as alice git -C alice/media push $url/narrow HEAD:refs/heads/alice/media 2>err &&
	grep "error transferring.*! \[remote rejected\]" err &&
	test_must_fail git -C bob/narrow.git rev-parse --verify -q refs/heads/alice/media &&
	as bob git xmpp share --name=narrow --push="alice@localhost:refs/xmpp/lfs/*" &&
	as alice git -C alice/media push -q $url/narrow HEAD:refs/heads/alice/media &&
	same alice/media HEAD bob/narrow.git refs/heads/alice/media
'

test_expect_success "$lfs" '... what is not the object is found out: another size, another content, no blob' '
	oid=$(oid_of alice/media a.bin) && ref=refs/xmpp/lfs/$oid && good=$(git -C bob/part.git rev-parse $ref) &&
	head -c 300000 /dev/zero >bad &&
	for wrong in "$(echo short | git -C bob/part.git hash-object -w --stdin)" \
		"$(git -C bob/part.git hash-object -w "$TRASH/bad")" "$(git -C bob/part.git rev-parse main)"
	do
		git -C bob/part.git update-ref $ref $wrong && rm -rf alice/poisoned &&
		test_must_fail as alice git clone -q -b media $url/part alice/poisoned 2>err || return 1
		grep "^Error downloading" err && test ! -e alice/poisoned/a.bin &&
		git -C alice/poisoned for-each-ref refs/xmpp >refs && test_is_empty refs || return 1
	done &&
	as alice git -C alice/media lfs push --object-id origin $oid &&
	test "$(git -C bob/part.git rev-parse $ref)" = $good
'

test_expect_success "$lfs" '... a queued push takes them along' '
	media alice/media d.bin 120000 0a0b0c0d &&
	as alice git -C alice/media xmpp queue push origin HEAD:refs/heads/queued &&
	wait_for 20 same alice/media HEAD bob/part.git refs/heads/queued &&
	git -C bob/part.git rev-parse --verify -q "refs/xmpp/lfs/$(oid_of alice/media d.bin)" &&
	wait_for 10 queue_is_empty alice
'

# agent <line>...: what the agent answers, told these lines, in a clone.
agent () {
	printf "%s\n" "$@" >asked && (cd alice/media && as alice git xmpp lfs agent) <asked >answers
}

test_expect_success "$lfs" '... the agent: what is no request, no object, no remote' '
	init="{\"event\":\"init\",\"operation\":\"download\",\"remote\":\"origin\",\"concurrent\":false}" &&
	agent "$init" "{\"event\":\"terminate\"}" && echo "{}" >expect && test_cmp expect answers &&
	agent "{\"event\":\"init\",\"remote\":\"--upload-pack=touch $TRASH/ran\"}" && grep "^{\"error\":{\"code\":1," answers &&
	agent "$init" "{\"event\":\"download\",\"oid\":\"../../../config\",\"size\":1}" \
		"{\"event\":\"download\",\"oid\":\"$(oid_of alice/media a.bin)\",\"size\":-x}" \
		"{\"event\":\"download\",\"size\":1}" &&
	test "$(grep -c "\"complete\".*\"error\":" answers)" -eq 3 && test ! -e ran &&
	zeros=$(printf %064d 0) &&
	agent "$init" "{\"event\":\"upload\",\"oid\":\"$zeros\",\"size\":1,\"path\":\"/nowhere\"}" "{\"event\":\"download\",\"oid\":\"$zeros\",\"size\":1}" &&
	grep "complete.*$zeros.*cannot open\|complete.*$zeros.*could not open" answers && grep "complete.*$zeros.*git xmpp lfs publish" answers &&
	agent "{\"event\":\"init\",\"remote\":\"$url/nothing\"}" "{\"event\":\"download\",\"oid\":\"$zeros\",\"size\":1}" &&
	grep "complete.*\"message\":\"[^ ]*bob@localhost. does not share a repository" answers &&
	test_expect_code 128 agent "$init" "nothing" &&
	test_expect_code 128 agent "{\"event\":\"init\""
'

test_expect_success 'the brokers hold as many descriptors as before, and no git' '
	wait_for 5 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

test_done
