/**
 * For sh: makes its own start time `$1`, in the words in which the platform tells it to us. It is field 22 of proc(5)'s
 * stat, else what ps says, as in the job's wrapper.
 */
export const OWN_START = `if read -r ccj_stat 2>/dev/null </proc/$$/stat; then
  set -- \${ccj_stat##*)}
  shift 19
  set -- "$1"
else
  set -- $(LC_ALL=C TZ=UTC0 command -p ps -o lstart= -p $$)
fi
`;
