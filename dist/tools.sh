#!/bin/sh
# The programs that the wrapper needs itself, by their places: sourced by run-job.sh, whose $ccj_tools, $ccj_cwd and $ccj_root it reads.

find_tools() {
  find_in "$ccj_tools" ln -x && ccj_ln=$ccj_found &&
    find_in "$ccj_tools" mv -x && ccj_mv=$ccj_found &&
    find_in "$ccj_tools" rm -x && ccj_rm=$ccj_found ||
    { echo "run-job.sh needs ln, mv and rm in one of $ccj_tools"; exit 1; }
}

# find_in DIRECTORIES NAME TEST: sets ccj_found to the first file of that name that passes; DIRECTORIES as in PATH.
find_in() {
  ccj_rest=$1:
  while [ -n "$ccj_rest" ]; do
    ccj_found=${ccj_rest%%:*}
    ccj_found=${ccj_found:-.}/$2
    ccj_rest=${ccj_rest#*:}
    [ "$3" != -x ] || is_trusted "$ccj_found" || continue
    [ -f "$ccj_found" ] && test "$3" "$ccj_found" && return 0
  done
  return 1
}

# None of our own programs is one of the checkout's: no relative entry, and none below the repository's root or the job's
# directory, unless the user's home is.
is_trusted() {
  case $1 in
    /usr/bin/* | /bin/* | /usr/sbin/* | /sbin/*) return 0 ;;
    /*) ;;
    *) return 1 ;;
  esac
  ccj_lies=$(cd -P "${1%/*}" 2>/dev/null && printf '%s' "$PWD") # where a link leads
  for ccj_of in "$ccj_root" "$ccj_cwd"; do
    case ${HOME-}/ in "${ccj_of%/}"/*) continue ;; esac
    case $ccj_lies/ in "${ccj_of%/}"/*) return 1 ;; esac
  done
}
