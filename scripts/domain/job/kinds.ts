import { aName } from '../base/check.ts';
import type { JobRequest } from './job.ts';
import type { JobKind, Leftovers, RunnerName } from './specs.ts';

/** Everything that differs between the kinds of jobs. Whoever asks for a kind reads its row, and compares no names. */
export interface KindTraits {
  runner: RunnerName;
  /** what its ids begin with; jobs that 1.0.5 left behind keep theirs */
  idPrefix: string;
  /** the words of openai/codex-plugin-cc 1.0.5 in `--json` and `status` */
  jobClass: 'task' | 'review' | 'run';
  label: string;
  /** where it is given no other */
  title: string;
  /** waits for its turn where the workspace caps how many jobs run at once */
  queues: boolean;
  /** its worker keeps the broker up */
  holdsLease: boolean;
  /** `continued`: a later task may go on with its thread */
  thread: 'none' | 'own' | 'continued';
  /** why its processes cannot be stopped for a while; null where they can */
  pauseObstacle: string | null;
  /** `signals`: all its processes get them. `interrupt`: its worker sees the stop request and ends the turn */
  cancelsBy: 'signals' | 'interrupt';
  /** processes of it that go on without its worker: `followed` to their end, which is the job's, or `stopped` */
  orphans: 'followed' | 'stopped';
  /** said where it ended without a record of how */
  lostReason: string;
  /** what it shows: its output as it comes, or its progress, and in the end the answer that its worker stored */
  resultAs: 'output' | 'answer';
  /** what a command that waits for it exits with: the job's own status, or one for the outcome */
  exitsWith: 'status' | 'outcome';
}

const SHELL = {
  runner: 'shell',
  queues: false,
  holdsLease: false,
  thread: 'none',
  pauseObstacle: null,
  cancelsBy: 'signals',
  orphans: 'followed',
  lostReason: 'Ended, exit status unknown: its wrapper is gone and has recorded none.',
  resultAs: 'output',
  exitsWith: 'status',
} as const;

const TURN = {
  runner: 'turn',
  queues: true,
  holdsLease: true,
  thread: 'own',
  pauseObstacle: 'is a Codex job: its turn goes on at the model, and cannot be paused',
  cancelsBy: 'interrupt',
  orphans: 'stopped',
  lostReason: 'The worker ended without recording how; the exit status is unknown.',
  resultAs: 'answer',
  exitsWith: 'outcome',
} as const;

const ROWS = {
  task: {
    ...TURN,
    ...{ idPrefix: 'task', jobClass: 'task', label: 'rescue', title: 'Codex Task', thread: 'continued' },
  },
  review: { ...TURN, idPrefix: 'review', jobClass: 'review', label: 'review', title: 'Codex Review' },
  'adversarial-review': {
    ...TURN,
    ...{ idPrefix: 'review', jobClass: 'review', label: 'adversarial-review' },
    title: 'Codex Adversarial Review',
  },
  run: { ...SHELL, idPrefix: 'run', jobClass: 'run', label: 'run', title: 'Shell command' },
} as const satisfies Record<JobKind, KindTraits>;

export const KINDS: Readonly<Record<JobKind, KindTraits>> = ROWS;

type KindWith<R extends RunnerName> = {
  [K in keyof typeof ROWS]: (typeof ROWS)[K]['runner'] extends R ? K : never;
}[keyof typeof ROWS];

/** Requests, drafts and the like, of the kinds that one runner sees to. */
export type ShellJob<R = JobRequest> = Extract<R, { kind: KindWith<'shell'> }>;
export type TurnJob<R = JobRequest> = Extract<R, { kind: KindWith<'turn'> }>;

export function isShellJob<R extends { kind: JobKind }>(job: R): job is ShellJob<R> {
  return KINDS[job.kind].runner === 'shell';
}

export function isTurnJob<R extends { kind: JobKind }>(job: R): job is TurnJob<R> {
  return KINDS[job.kind].runner === 'turn';
}

/** What becomes of processes that a command leaves running; nothing is seen to where there is no command. */
export function leftoversOf(request: JobRequest): Leftovers {
  return isShellJob(request) ? (request.spec.leftovers ?? 'leave') : 'leave';
}

/** The thread that it goes on with; null for a new one, or none. */
export function threadItContinues({ spec }: JobRequest): string | null {
  return 'resumeThreadId' in spec ? spec.resumeThreadId : null;
}

export const aJobKind = aName(Object.keys(KINDS) as JobKind[], 'kind of job');

const PREFIXES = [...new Set(Object.values(KINDS).map(({ idPrefix }) => idPrefix))];

/** `run-…`, `task-…`, `review-…`: unique on the machine. */
export const JOB_ID = new RegExp(`^(?:${PREFIXES.join('|')})-[a-z0-9]{4,16}-[a-z0-9]{4,16}$`);

/** `random`: at least 40 bits, as lower-case base 36. */
export function jobId(kind: JobKind, now: number, random: string): string {
  return `${KINDS[kind].idPrefix}-${now.toString(36)}-${random}`;
}

/** When a job was enqueued, by its id alone: ms since 1970; 0 where that does not tell. */
export function timeInId(id: string): number {
  return Number.parseInt(id.split('-').at(-2) ?? '', 36) || 0;
}
