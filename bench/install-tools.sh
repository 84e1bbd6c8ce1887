#!/bin/sh
# Installs what the measurements need from Debian's own packages. Run as root or as someone with sudo; running it again does nothing.
set -eu

say() { printf '%s\n' "install-tools: $*"; }

# command=package. A tool that is on the PATH already is left alone, whoever put it there.
required='wrk=wrk curl=curl strace=strace perf=linux-perf gcc=gcc taskset=util-linux'
# Only the nginx candidate needs it; the bench leaves that candidate out when it is missing.
optional='nginx=nginx-light'

if ! command -v apt-get >/dev/null 2>&1; then
    say "no apt-get here: install these by your system's own means:"
    for pair in $required $optional; do say "  ${pair%%=*}"; done
    exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        say "not root, and no sudo: run this as root"
        exit 1
    fi
    as_root=sudo
fi

# nginx lives in /usr/sbin, which an ordinary user's PATH may lack.
PATH=$PATH:/usr/sbin:/sbin

missing_of() {
    missing=
    for pair in $1; do
        if command -v "${pair%%=*}" >/dev/null 2>&1; then
            say "${pair%%=*}: present" >&2
        else
            missing="$missing ${pair#*=}"
        fi
    done
    printf '%s' "$missing"
}

install() {
    # A service that a package would start on installation would compete with what is measured.
    policy=/usr/sbin/policy-rc.d
    own_policy=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
        own_policy=yes
    fi
    status=0
    # shellcheck disable=SC2086 # the list is meant to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" || status=$?
    if [ -n "$own_policy" ]; then $as_root rm -f "$policy"; fi
    return $status
}

packages=$(missing_of "$required")
# The headers come without a command to look for; the compiler is of no use without them.
if [ -e /usr/include/linux/aio_abi.h ] && [ -e /usr/include/stdio.h ]; then
    say "C headers: present"
else
    packages="$packages libc6-dev"
fi
extras=$(missing_of "$optional")

if [ -z "$packages$extras" ]; then
    say "nothing to do"
    exit 0
fi

say "updating the package lists"
$as_root apt-get update -q

if [ -n "$packages" ]; then
    say "installing$packages"
    # shellcheck disable=SC2086
    install $packages
fi
if [ -n "$extras" ]; then
    say "installing (optional)$extras"
    # shellcheck disable=SC2086
    install $extras || say "optional$extras could not be installed; the bench does without"
fi
say "done"
