# shellcheck shell=sh
# What ended the command, beside its status; for run-job.sh, which sources it. A hint is recorded as one: what the
# shell cannot tell stays untold.

# Sets ccj_evidence: what is known beside the status, as lines.
add_evidence() {
  ccj_evidence=$ccj_limit
  [ -z "$ccj_signal" ] || ccj_evidence="${ccj_evidence}signal=$ccj_signal$ccj_nl"
  [ "$ccj_status" != 0 ] && [ -n "$ccj_oom_before" ] || return 0
  count_oom_kills
  [ "${ccj_oom:-0}" -le "$ccj_oom_before" ] || ccj_evidence="${ccj_evidence}oom-kills=$((ccj_oom - ccj_oom_before))$ccj_nl"
}

# To be called before the child whose end is to be heard of: what was said so far is none of it.
hear() {
  while read -r ccj_line <&3; do :; done
}

# Has the shell said anything since? dash, bash and busybox do of every signal but INT and PIPE (tried).
has_spoken() {
  read -r ccj_line <&3 && [ -n "$ccj_line" ]
}

# Sets ccj_signal: what ended the command, `none` where it exited with that status, and nothing where it may have been
# either. Silence proves something only where this shell, at this moment, says it of a child that this signal ends.
name_signal() {
  ccj_signal=
  [ "$ccj_status" -gt 128 ] || return 0
  ccj_number=$((ccj_status - 128))
  [ "$ccj_number" -le 64 ] || { ccj_signal=none; return 0; }
  # Through the file again, because $(…) forks.
  has_spoken && ccj_spoken=yes || ccj_spoken=
  hear
  kill -l "$ccj_number" >&2 && read -r ccj_name <&3 || return 0
  if [ "$ccj_spoken" ]; then ccj_signal=$ccj_name; return 0; fi
  case $ccj_name in
    CHLD | CLD | CONT | STOP | TSTP | TTIN | TTOU | URG | WINCH) ccj_signal=none ;; # these end nobody
    *) ! says_signal "$ccj_number" || ccj_signal=none ;;
  esac
}

says_signal() {
  set -- "$ccj_shell" -c "ulimit -c 0; kill -$1 \$\$" "$1"
  (exec "$@" </dev/null >/dev/null 2>&1 3<&-)
  [ $? = $((128 + $4)) ] && has_spoken
}

# Sets ccj_oom: how many processes of our control group the kernel has killed for lack of memory; nothing where it
# does not count them. cgroup v2, or v1 with the memory controller where systemd has it.
count_oom_kills() {
  ccj_oom=
  [ -r "$ccj_proc/self/cgroup" ] || return 0
  # cgroups(7): number:controllers:path
  while read -r ccj_line; do
    ccj_path=${ccj_line#*:}
    ccj_path=${ccj_path#*:}
    case ,${ccj_line%":$ccj_path"}, in
      *:,) read_oom_kills "$ccj_cgroups$ccj_path/memory.events" || read_oom_kills "$ccj_cgroups/memory.events" ;;
      *:memory,* | *,memory,*) read_oom_kills "$ccj_cgroups/memory$ccj_path/memory.oom_control" ;;
    esac
  done <"$ccj_proc/self/cgroup"
}

read_oom_kills() {
  [ -r "$1" ] || return 1
  while read -r ccj_key ccj_value; do
    [ "$ccj_key" != oom_kill ] || ccj_oom=$ccj_value
  done <"$1"
}
