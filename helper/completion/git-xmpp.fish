# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of "git xmpp", and of xmpp:: URLs for every command of git, on top of fish's completion
# of git. It stands where fish reads it when it begins: URLs are completed before anybody has typed
# "git xmpp", and fish 3.6 looks for the completion of a command like git-xmpp in a wrong place.

# Whether xmpp is the command of git.
function __fish_git_is_xmpp
    set -l words (commandline -opc)
    string match -q xmpp -- $words[2]
end

function __fish_git_xmpp_words
    set -l words (commandline -opc)
    git xmpp complete $words[3..-1] (commandline -ct) 2>/dev/null
end

function __fish_git_is_xmpp_url
    string match -q 'xmpp::*' -- (commandline -ct)
end

complete -c git -n __fish_git_is_xmpp -f -a '(__fish_git_xmpp_words)'
complete -c git -n __fish_git_is_xmpp_url -f -a '(git xmpp complete --url (commandline -ct) 2>/dev/null)'
