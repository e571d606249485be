/** What other programs call the same (pueue, docker, systemctl, tsp, shells); `help NAME` shows the verb's. */
const ALIASES: Readonly<Record<string, string>> = {
  ...{ ls: 'status', ps: 'status', list: 'status', jobs: 'status', show: 'status', top: 'status' },
  ...{ kill: 'cancel', stop: 'cancel', abort: 'cancel', terminate: 'cancel' },
  ...{ tail: 'logs', log: 'logs', output: 'logs', cat: 'logs' },
  ...{ suspend: 'pause', unpause: 'resume', continue: 'resume', cont: 'resume' },
  ...{ exec: 'run', start: 'run', add: 'run', submit: 'run', enqueue: 'run' },
  completion: 'completions',
  ...{ retry: 'rerun', restart: 'rerun', redo: 'rerun' },
};

export function verbCalled(name: string): string {
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
}

/** What we have not by that name: a clause, and the line that comes nearest to it. */
interface Absent {
  why: string;
  instead: string;
}

const REMOVED: Absent = {
  why: 'finished jobs are removed by their age and size (setup --keep-days, --keep-size), by whatever sweeps next',
  instead: 'codex-companion sweep',
};
const FOLLOWED: Absent = {
  why: 'a job has no terminal of its own; its output can be followed',
  instead: 'codex-companion logs --follow',
};
const CONFIGURED: Absent = { why: 'settings are options of setup', instead: 'codex-companion setup --help' };

export const ABSENT: Readonly<Record<string, Absent>> = {
  ...{ rm: REMOVED, remove: REMOVED, delete: REMOVED, clean: REMOVED, clear: REMOVED, prune: REMOVED },
  ...{ gc: REMOVED, attach: FOLLOWED, fg: FOLLOWED, follow: FOLLOWED },
  ...{ config: CONFIGURED, settings: CONFIGURED, set: CONFIGURED },
  bg: {
    why: 'a job is in the background from its start on, or its caller waits for it',
    instead: 'codex-companion run --background -- npm test',
  },
  at: {
    why: 'jobs start at once',
    instead: "codex-companion run --background --shell 'sleep 3600; npm test'",
  },
  new: { why: 'run starts a command, task hands one to Codex', instead: 'codex-companion --help' },
  transfer: {
    why: 'a conversation of Claude Code cannot be handed over yet; a task is told what it is to know',
    instead: 'codex-companion task --help',
  },
  send: {
    why: 'a turn that runs takes no further text; the next one goes on with its conversation',
    instead: 'codex-companion task --help',
  },
  login: { why: 'Codex keeps the login', instead: 'codex login' },
};
