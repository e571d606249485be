#!/bin/sh
# Why a command cannot be run, in our words: sourced by run-job.sh in the process that becomes it, whose $ccj_name it is.

# What exec would refuse with a line that names this script, which is nobody's affair, is refused before it.
refuse_what_cannot_run() {
  case $ccj_name in
    */*) [ -x "$ccj_name" ] && [ ! -d "$ccj_name" ] ;;
    *) command -v "$ccj_name" >/dev/null 2>&1 ;;
  esac && return 0
  if is_there; then exit 126; else exit 127; fi
}

# Sets $ccj_found to where the command lies.
is_there() {
  ccj_found=$ccj_name
  case $ccj_name in
    */*) [ -e "$ccj_name" ] ;;
    *) find_in "${PATH-/usr/bin:/bin}" "$ccj_name" -e ;;
  esac
}

explain_failed_exec() {
  is_there && record_failure not-executable "$ccj_name $(why_not_executable "$ccj_found")." ||
    record_failure not-found "$ccj_name: command not found."
}

why_not_executable() {
  if [ -d "$1" ]; then echo 'is a directory'
  elif [ ! -x "$1" ]; then echo 'is there, but cannot be executed: it has no execute permission'
  else echo 'is there, but cannot be executed: it is no program for this system, or its interpreter is missing'
  fi
}
