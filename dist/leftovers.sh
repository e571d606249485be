# shellcheck shell=sh
# What the command leaves running, where the job is to wait for it or to stop it; sourced by run-job.sh after the
# command's end is on record, and by the watchdog.

ccj_not_yet=75 # sysexits(3), EX_TEMPFAIL: the finish step has found some, named them in `left`, and ended
ccj_short_naps=60
ccj_long_nap_s=5

# The finish step, once. True where the job has not ended: some are left, or it was killed before it could say so.
look_again() {
  find_node || return 1
  hand_directory_on
  "$ccj_node" "$ccj_finish" finish "${ccj_job##*/}"
  ccj_said=$?
  [ "$ccj_said" = "$ccj_not_yet" ] || [ "$ccj_said" -gt 128 ] || return 1
  [ ! -e "$ccj_job/outcome.json" ]
}

# The finish step proves by looking at all processes, which takes node; between its looks sh watches those that it has
# named, which takes nothing. A finish step that was killed is repeated.
see_to_leftovers() {
  find_in "$ccj_tools" sleep -x && ccj_sleep=$ccj_found || return 0
  ccj_nap=1 ccj_naps=0
  while :; do
    look_again || return 0
    ccj_asked=
    [ ! -e "$ccj_job/stop" ] || ccj_asked=yes
    rest_a_moment
    while some_left_lives && [ ! -e "$ccj_job/outcome.json" ]; do
      # Asked for the end since: that is the finish step's affair.
      [ "$ccj_asked" ] || [ ! -e "$ccj_job/stop" ] || break
      rest_a_moment
    done
  done
}

rest_a_moment() {
  "$ccj_sleep" "$ccj_nap" || return 0
  ccj_naps=$((ccj_naps + 1))
  [ "$ccj_naps" -le "$ccj_short_naps" ] || ccj_nap=$ccj_long_nap_s
}

# Of the processes that the finish step has found last. A watchdog that follows may be among them: as it was, with the
# cookie.
some_left_lives() {
  [ -r "$ccj_job/left" ] || return 1
  ccj_pid=
  while read -r ccj_line; do
    case $ccj_line in
      pid=*) ccj_pid=${ccj_line#pid=} ;;
      start=*) [ "$ccj_pid" = $$ ] || ! alive "$ccj_pid" "${ccj_line#start=}" || return 0 ;;
    esac
  done <"$ccj_job/left"
  return 1
}
