/**
 * Commands that try to get away from whoever wants to stop them, each by a trick of its own. `$1` is a file that it
 * creates when the trick is done. `reach`: by what its hardest process is known when it is stopped.
 */
export interface Animal {
  name: string;
  /** for `program -c` (sh, bash), `-e` (perl) or `-c` (python3) */
  program: 'sh' | 'bash' | 'perl' | 'python3';
  text: string;
  reach: Reach;
  /** its processes come and go: no pid of it can be expected to live until it is cancelled */
  restless?: boolean;
  /** further programs that it takes */
  needs?: string[];
}

type Reach = 'group' | 'session' | 'cookie' | 'descent' | 'log' | 'out of reach';

/** Double fork: sh leaves, and the one in the background is an orphan. */
const orphaned = (command: string) => `(${command} &)`;
const NOWHERE = '</dev/null >/dev/null 2>&1';
const CLOSED = '<&- >&- 2>&-';
const stay = ': >"$1"; sleep 901; :';

/** prctl(PR_SET_CHILD_SUBREAPER, 1), by its number: perl has no name for it. */
const SUBREAPER: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'syscall(157, 36, 1, 0, 0, 0)',
  arm64: 'syscall(167, 36, 1, 0, 0, 0)',
};
const EXIT_OF_A_THREAD: Partial<Record<NodeJS.Architecture, number>> = { x64: 60, arm64: 93 };

export const ANIMALS: Animal[] = [
  { name: 'a plain tree', program: 'sh', text: `sh -c 'sleep 900 & sleep 902' & ${stay}`, reach: 'group' },
  { name: 'setsid', program: 'sh', text: `setsid sleep 900 & ${stay}`, reach: 'cookie' },
  { name: 'double fork', program: 'sh', text: `${orphaned('sleep 900')}; ${stay}`, reach: 'group' },
  {
    name: 'double fork and setsid',
    program: 'sh',
    text: `${orphaned('setsid sleep 900')}; ${stay}`,
    reach: 'cookie',
  },
  { name: 'env -i', program: 'sh', text: `env -i /bin/sleep 900 & ${stay}`, reach: 'group' },
  { name: 'nohup', program: 'sh', text: `nohup sleep 900 >/dev/null 2>&1 & ${stay}`, reach: 'group' },
  { name: 'disown', program: 'bash', text: `set -m; sleep 900 & disown; ${stay}`, reach: 'session' },
  {
    name: 'daemon(3)',
    program: 'perl',
    text: `use POSIX; unless (fork) { setsid; unless (fork) { chdir "/"; umask 0;
      open STDIN, "</dev/null"; open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; open R, ">", $ARGV[0]; close R;
      sleep 900 } exit } wait; sleep 901`,
    reach: 'cookie',
  },
  {
    name: 'daemon(3), its starter gone',
    program: 'perl',
    text: `use POSIX; exit if fork; setsid; exit if fork; chdir "/";
      open STDIN, "</dev/null"; open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; open R, ">", $ARGV[0]; close R;
      sleep 900`,
    reach: 'cookie',
  },
  { name: 'a group of its own', program: 'sh', text: `set -m; sleep 900 & ${stay}`, reach: 'session' },
  {
    name: 'timeout(1)',
    program: 'sh',
    text: `timeout 900 sleep 903 & ${stay}`,
    reach: 'session',
    needs: ['timeout'],
  },
  {
    name: 'closed descriptors',
    program: 'sh',
    text: `setsid sleep 900 ${CLOSED} & ${stay}`,
    reach: 'cookie',
  },
  {
    name: 'TERM, HUP and INT ignored',
    program: 'sh',
    text: `trap '' TERM HUP INT; : >"$1"; while :; do sleep 900; done`,
    reach: 'group',
  },
  {
    name: 'stopped',
    program: 'sh',
    text: `sh -c 'kill -STOP $$; sleep 900' & ${stay}`,
    reach: 'group',
  },
  {
    name: 'a child that stops its parent',
    program: 'sh',
    text: `sh -c ': >"$1"; kill -STOP $PPID; sleep 900' sh "$1" & wait`,
    reach: 'group',
  },
  {
    name: 'a zombie for a parent',
    program: 'perl',
    text: `unless (fork) { unless (fork) { $SIG{TERM} = "IGNORE"; open R, ">", $ARGV[0]; close R; sleep 900 } exit } sleep 901`,
    reach: 'group',
  },
  {
    name: 'its first thread ended',
    program: 'python3',
    text: `import threading, ctypes, sys, time, os
os.setsid() if os.fork() == 0 else os._exit(0)
threading.Thread(target=lambda: time.sleep(900)).start()
open(sys.argv[1], 'w').close()
ctypes.CDLL(None).syscall(${EXIT_OF_A_THREAD[process.arch]}, 0)`,
    reach: 'cookie',
  },
  {
    name: 'twenty threads',
    program: 'python3',
    text: `import threading, sys, time, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(20): threading.Thread(target=lambda: time.sleep(900)).start()
open(sys.argv[1], 'w').close()`,
    reach: 'group',
  },
  { name: 'renamed', program: 'bash', text: `(exec -a '[kworker/0:1]' sleep 900) & ${stay}`, reach: 'group' },
  {
    name: 'renamed over its environment',
    program: 'perl',
    text: `use POSIX; unless (fork) { setsid; exit if fork; $0 = "x" x 30000; open R, ">", $ARGV[0]; close R; sleep 900 }
      wait; sleep 901`,
    reach: 'log',
  },
  {
    name: 'exec into another program',
    program: 'sh',
    text: ': >"$1"; exec env -i /bin/sleep 900',
    reach: 'group',
  },
  {
    name: 'cookie shed, log open',
    program: 'sh',
    text: `${orphaned('env -i /usr/bin/setsid /bin/sleep 900')}; ${stay}`,
    reach: 'log',
  },
  {
    name: 'cookie shed, log open, its starter gone',
    program: 'sh',
    text: `${orphaned(`env -i /usr/bin/setsid /bin/sh -c ': >"$1"; sleep 900; :' sh "$1"`)}`,
    reach: 'log',
  },
  {
    name: 'cookie shed, log closed, same session',
    program: 'sh',
    text: `${orphaned(`env -i /bin/sleep 900 ${NOWHERE}`)}; ${stay}`,
    reach: 'session',
  },
  {
    name: 'cookie shed, log closed, in a session of another',
    program: 'sh',
    text: `setsid sh -c 'env -i /bin/sleep 900 ${NOWHERE} & sleep 902' & ${stay}`,
    reach: 'session',
  },
  {
    name: 'all shed but its parent',
    program: 'sh',
    text: `env -i /usr/bin/setsid /bin/sleep 900 ${NOWHERE} & ${stay}`,
    reach: 'descent',
  },
  {
    name: 'all shed but its parent, which leaves at TERM',
    program: 'sh',
    text: `trap 'exit 0' TERM
      env -i /usr/bin/setsid /bin/sh -c 'trap "" TERM; : >"$1"; while :; do sleep 900; done' sh "$1" ${NOWHERE} & wait`,
    reach: 'descent',
  },
  {
    name: 'a subreaper and what it adopts',
    program: 'perl',
    text: `use POSIX; ${SUBREAPER[process.arch]}; unless (fork) { unless (fork) {
      exec "/usr/bin/env", "-i", "/usr/bin/setsid", "/bin/sh", "-c", 'sleep 900 ${NOWHERE}' } exit }
      wait; open R, ">", $ARGV[0]; close R; sleep 901`,
    reach: 'descent',
  },
  {
    name: 'starts itself again at TERM',
    program: 'sh',
    text: `printf '%s' 'trap "setsid sh \\"$0\\" & exit" TERM; while :; do sleep 900 & wait; done' >"$1.again"
      sh "$1.again" & ${stay}`,
    reach: 'cookie',
  },
  {
    name: 'two that start each other again',
    program: 'sh',
    text: `printf '%s' 'trap "" TERM; while :; do sh -c "trap \\"\\" TERM; setsid sleep 900 & wait"; done' >"$1.twin"
      setsid sh "$1.twin" & setsid sh "$1.twin" & ${stay}`,
    reach: 'cookie',
  },
  {
    name: 'a storm of forks',
    program: 'perl',
    text: `$SIG{TERM} = "IGNORE"; $SIG{CHLD} = "IGNORE"; open R, ">", $ARGV[0]; close R;
      for (1 .. 12) { unless (fork) { while (1) { select undef, undef, undef, 0.01; exit if fork } } } sleep 900`,
    reach: 'group',
    restless: true,
  },
  {
    name: 'a chain: each lives 5 ms',
    program: 'perl',
    text: `$SIG{TERM} = "IGNORE"; open R, ">", $ARGV[0]; close R;
      unless (fork) { while (1) { select undef, undef, undef, 0.005; exit if fork } } sleep 901`,
    reach: 'group',
    restless: true,
  },
  {
    name: 'a chain, its starter gone',
    program: 'perl',
    text: `open R, ">", $ARGV[0]; close R; while (1) { select undef, undef, undef, 0.005; exit if fork }`,
    reach: 'cookie',
    restless: true,
  },
  {
    name: 'a chain: a session for each link',
    program: 'perl',
    text: `use POSIX; $SIG{TERM} = "IGNORE"; open R, ">", $ARGV[0]; close R;
      while (1) { select undef, undef, undef, 0.005; exit if fork; setsid }`,
    reach: 'cookie',
    restless: true,
  },
  {
    name: 'a pseudo-terminal',
    program: 'sh',
    text: `script -qec 'sleep 900' /dev/null & ${stay}`,
    reach: 'cookie',
    needs: ['script'],
  },
  {
    name: 'a pipe into tee',
    program: 'sh',
    text: `while :; do echo line; sleep 900; done | setsid tee -a "$1.tee" & ${stay}`,
    reach: 'cookie',
  },
  {
    name: 'background of a subshell in a directory that is gone',
    program: 'sh',
    text: `mkdir "$1.d" && (cd "$1.d" && exec setsid sleep 900) & ${stay.replace(';', '; rmdir "$1.d";')}`,
    reach: 'cookie',
  },
  {
    name: 'its executable deleted',
    program: 'sh',
    text: `cp /bin/sleep "$1.sleep"; setsid "$1.sleep" 900 & sleep 0.1; rm "$1.sleep"; ${stay}`,
    reach: 'cookie',
  },
  {
    name: 'an environment of 100 kB',
    program: 'sh',
    text: `BIG=$(head -c 100000 /dev/zero | tr '\\0' x); export BIG; setsid sleep 900 & ${stay}`,
    reach: 'cookie',
  },
  {
    name: 'pid 1 of a namespace',
    program: 'sh',
    text: `unshare --pid --fork sleep 900 & ${stay}`,
    reach: 'group',
    needs: ['unshare'],
  },
  {
    name: 'all shed at once',
    program: 'sh',
    text: `${orphaned(`env -i /usr/bin/setsid /bin/sleep 7777 ${NOWHERE}`)}; ${stay}`,
    reach: 'out of reach',
  },
];
