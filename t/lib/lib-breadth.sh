# SPDX-License-Identifier: GPL-3.0-or-later
#
# git over ssh and over xmpp::, side by side. Sourced by t/beside-ssh.
#
# There are two worlds, $TRASH/ssh and $TRASH/xmpp: what is shared is in srv, whoever asks works in
# here, where work is a clone of srv/project. A case is run in both, from the same beginning:
#
#   make_worlds             fills both; then the servers have to run
#   read_cases <file>...    makes the directory cases, and says how many there are in $cases
#   breadth_case <number>   true if both worlds have the same to say, and the same repositories after
#
# A list of cases has entries, with an empty line between them:
#
#   = what it is about
#   + a command of the set-up, which must succeed and is not compared
#   $ a command whose output, both streams, and status are compared
#   ? why what follows is as it is
#   < a line that only ssh has
#   > a line that only xmpp:: has
#   % unordered               several processes write at once: lines are compared in no order
#
# A line that begins with a tab continues the one before. A line that is said to differ and does
# not is a failure, as is any other that differs. In commands:
#
#   $url $srv $w            the address and the directory of what is shared; of the world
#   far <share> <git argument>...                    in that repository
#   hook <repository> <name> <body> [<directory>]    in srv, or below the directory
#   commit <repository> <file> [<blanks>]            a new file of that name
#   lose <share> <object>   it is there no more
#   proc_receive <what> <ref>                        the body of a hook that reports so
#   big <repository> <MiB>  a file that does not compress, committed

far () {
	local share

	share=$1
	shift
	git -C "$srv/$share" "$@"
}

hook () {
	local file

	file=${4:-$srv}/$1/hooks/$2
	mkdir -p "${file%/*}" && printf '#!/bin/sh\n%s\n' "$3" >"$file" && chmod +x "$file"
}

commit () {
	echo "$2" >"$1/$2" && git -C "$1" add -- "$2" && git -C "$1" commit -q -m "$2"
}

lose () {
	local pack

	mkdir "$w/packs" && mv "$srv/$1"/objects/pack/* "$w/packs" || return
	for pack in "$w"/packs/*.pack
	do
		far "$1" unpack-objects -q <"$pack" || return
	done
	rm -f "$srv/$1/objects/$(printf %s "$2" | sed 's,..,&/,')"
}

# All that it has to say, and then what it was told.
proc_receive () {
	printf "printf '000eversion=1\\\\n0000%04x%s\\\\n0000'; cat >/dev/null" $((${#1} + ${#2} + 6)) "$1 $2"
}

big () {
	head -c "$2"M /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0 2>/dev/null >"$1/big" &&
	git -C "$1" add big && git -C "$1" commit -q -m big
}

# odd_repository <repository>: names of refs and files that are legal.
odd_repository () {
	local name blob tree

	git init -q --bare "$1" && blob=$(echo odd | git -C "$1" hash-object -w --stdin) &&
	tree=$(for name in 'a b' "quote ' and \"" '%41 100%' "new
line" 'tab	tab' '\back\slash' '-dash' 'ümlaut 日本' "$(printf '\377\355\240\200')" '~' '$(x) `y` ;&|*?[#!'
	do
		printf '100644 blob %s\t%s\0' "$blob" "$name"
	done | git -C "$1" mktree -z) &&
	commit=$(git -C "$1" commit-tree -m odd "$tree") || return
	for name in main 'ümlaut/日本' "it's" 'a"b' '%41%%' 'a&b;c|d' '$(x)' '`y`' '#1' 'a!' '@' '{a}' 'a=b,c+d' '(b)' '<c>' '-x' \
		"$(printf '\377\376')" "$(printf %0200d 7)"
	do
		git -C "$1" update-ref "refs/heads/$name" "$commit" || return
	done
}

# The shares, with what they are called.
SHARES='project part empty tree super sha256 odd team/deep'
odd_share_names () {
	printf '%s\n' 'with blank' a.b_c-1 'ümlaut-日'
}

make_srv () {
	local name

	"$TOP/t/tools/make-repo" srv/project 8 && "$TOP/t/tools/make-repo" srv/part 3 0 2 &&
	git -C srv/project config uploadpack.allowFilter true && git init -q --bare srv/empty &&
	git init -q --bare srv/super && git init -q srv/tree && commit srv/tree one &&
	odd_repository srv/odd && git clone -q --bare srv/part srv/team/deep &&
	git init -q --bare --object-format=sha256 srv/sha256 && git init -q --object-format=sha256 seed &&
	commit seed one && git -C seed push -q ../srv/sha256 main || return
	odd_share_names | while read -r name
	do
		git clone -q --bare srv/part "srv/$name" && git -C "srv/$name" remote remove origin || return
	done
}

# make_client: ssh over the connection that stands, with the far service's own standard error behind
# "remote: ", as it is over xmpp::. A pipe of its own also keeps the master from making git's standard
# error one that does not wait, so that git would lose lines. What the service says when nobody hears
# it any more comes or does not come.
make_client () {
	cat >ssh/client <<-END &&
	#!/bin/sh
	{
		{
			ssh -F "$TRASH/ssh/config-master" "\$@" 2>&1 >&4 4>&-
			echo \$? >"$TRASH/ssh/status.\$\$"
		} | sed -e "/^fatal: the remote end hung up unexpectedly\$/d" -e "s/^/remote: /" >&2 4>&-
	} 4>&1
	read status <"$TRASH/ssh/status.\$\$"
	exit \$status
	END
	chmod +x ssh/client
}

# Each world has the same, but for the URL of its clone.
make_worlds () {
	local world

	mkdir -p template ssh xmpp && make_client && (cd template && make_srv && rm -rf seed) || return
	for world in ssh xmpp
	do
		cp -a template "$world/template" && mkdir "$world/template/here" &&
		(enter_world $world && git clone -q "$w/template/srv/project" "$w/template/here/work" &&
		 git -C "$w/template/here/work" remote set-url origin "$url/project") || return
		cp -a $world/template/srv $world && : >$world/changed || return
	done
	touch stamp
}

# enter_world <name>: its environment.
enter_world () {
	w=$TRASH/$1
	srv=$w/srv
	case $1 in
	ssh)
		url=ssh://$host:$ssh_port$srv
		GIT_SSH=$TRASH/ssh/client GIT_SSH_VARIANT=ssh
		export GIT_SSH GIT_SSH_VARIANT HOME="$TRASH/near" ;;
	xmpp)
		url=xmpp::bob@localhost
		export $(env_of alice) ;;
	esac
}

# read_cases <file>...: cases/1 and so on, each with its title, a script, and what may differ.
read_cases () {
	mkdir -p cases &&
	awk '
	function quoted(text) {
		gsub(/\047/, "\047\\\047\047", text)
		return "\047" text "\047"
	}
	function flush_command() {
		if (kind == "+")
			printf "{ %s\n} >>said 2>&1 || set_up_failed\n", command >(file ".script")
		else if (kind == "$")
			printf "ask %s\n", quoted(command) >(file ".script")
		kind = ""
	}
	FNR == 1 || /^$/ { flush_command() }
	/^#/ || /^$/ { next }
	/^\t/ { command = command "\n" substr($0, 2); next }
	{ flush_command(); rest = substr($0, 3) }
	/^= / {
		if (file)
			close(file ".script")
		file = "cases/" ++n
		print rest >(file ".title")
		close(file ".title")
		printf "" >(file ".differs")
		next
	}
	/^[+$] / { kind = substr($0, 1, 1); command = rest; next }
	/^[<>]( |$)/ { print substr($0 " ", 1, 2) rest >(file ".differs"); next }
	/^% unordered$/ { print "" >(file ".unordered"); next }
	/^\? / { next }
	{ print FILENAME ": what is this: " $0; exit 1 }
	END { flush_command() }' "$@" &&
	cases=$(ls cases/*.title | wc -l) &&
	invocations=$(grep -c "^ask " cases/*.script | awk -F: '{ n += $2 } END { print n }')
}

set_up_failed () {
	echo "the set-up failed"
	tail -n 20 said
	world_state >"$w/state"
	exit 1
}

# ask <command>: with what it says, and how it ended. It does not see the streams of this script.
ask () {
	printf '%s\n' "\$ $1" >>"$w/out"
	printf '%s\n' "\$ $1" >>"$w/err"
	(eval "$1") >>"$w/out" 2>>"$w/err" </dev/null
	printf '%s\n' "= $?" >>"$w/out"
}

# Everything in a repository that a user may see: refs, what is shallow, the objects.
repository_state () {
	echo "repository ${1#"$w"/}"
	cat "$1/HEAD"
	test ! -e "$1/shallow" || sort "$1/shallow"
	git --git-dir="$1" for-each-ref --format='%(refname) %(objectname) %(symref)'
	git --git-dir="$1" cat-file --batch-all-objects --batch-check='%(objectname) %(objecttype)'
}

# Those that are not as the template has them; of what is shared, the names are in changed.
world_state () {
	local name head repository

	find "$w/srv" -mindepth 1 -newer "$TRASH/stamp" | sed "s|^$w/srv/\([^/]*\).*|\1|" | uniq | LC_ALL=C sort -u >"$w/changed"
	{
		while read -r name
		do
			find "$w/srv/$name" -name HEAD -type f
		done <"$w/changed"
		find "$w/here" -name HEAD -type f
	} | LC_ALL=C sort |
	while read -r head
	do
		repository=${head%/HEAD}
		test -d "$repository/objects" &&
		test -n "$(find "$repository" -newer "$TRASH/stamp" -print -quit)" &&
		repository_state "$repository"
	done
}

# afresh: everything is as the template has it.
afresh () {
	local name

	while read -r name
	do
		rm -rf "$w/srv/$name" && cp -a "$w/template/srv/$name" "$w/srv" || return
	done <"$w/changed"
	rm -rf "$w/here" "$w/packs" "$w/out" "$w/err" && cp -a "$w/template/here" "$w"
}

# masked <file>: without what is different each time, or is the name of a place. What a service says
# on its standard error after it told the same by git's protocol may come too late to be heard.
masked () {
	tr '\r' '\n' <"$1" |
	LC_ALL=C sed -e "s|$url|URL|g" -e "s|$w|W|g" -e "s|$TRASH|T|g" \
		-e '/: *[0-9]*% ([0-9]*\/[0-9]*)\(, [0-9.]* [KMG]*i*B\(ytes\)*\( | [0-9.]* [KMG]*i*B\/s\)*\)* *$/d' -e '/^Updating files: /d' \
		-e '/^remote: fatal: git upload-pack: /d' -e '/^remote: fatal: sent error to the client: /d' \
		-e 's/, [0-9.]* [KMG]*i*B\(ytes\)*\( | [0-9.]* [KMG]*i*B\/s\)*\(, done\)/\3/' \
		-e 's/ | [0-9.]* [KMG]*i*B\/s//' \
		-e 's/^\(xmpp: [^,]*\/\)[a-z0-9]*, \([a-z]*\), [a-z].*/\1DEVICE, \2, PATH/'
}

# run_world <name> <case>
run_world () {
	enter_world "$1"
	afresh && cd "$w/here" || exit
	: >said
	. "$TRASH/cases/$2.script"
	world_state >"$w/state"
	{ masked "$w/out"; masked "$w/err"; cat "$w/state"; } >"$TRASH/$1.record"
}

# What was said is shown if it is not as it should be, and at the end how.
breadth_case () {
	local second

	rm -f ssh.record xmpp.record
	(run_world ssh "$1") &
	second=$!
	(run_world xmpp "$1") || return
	wait $second || return
	if test -e "cases/$1.unordered"
	then
		sort -o ssh.record ssh.record && sort -o xmpp.record xmpp.record
	fi
	if cmp -s ssh.record xmpp.record && ! test -s "cases/$1.differs"
	then
		return
	fi
	diff ssh.record xmpp.record | sed -n 's/^\([<>]\)\( \|$\)/\1 /p' >differs
	cmp -s "cases/$1.differs" differs && return
	echo "--- over ssh:"
	cat ssh.record
	echo "--- over xmpp:"
	cat xmpp.record
	echo "--- what differs, and should:"
	test_cmp "cases/$1.differs" differs
}
