import { aBoolean, aRecord, aString, listOf, Malformed, oneOf, orNull } from '../base/check.ts';

/** What is to be done, kind by kind: the `spec` of a request, and its check. Unknown fields are kept. */

export interface TaskSpec {
  prompt: string;
  write: boolean;
  model: string | null;
  effort: string | null;
  /** the thread to continue, or null for a new one */
  resumeThreadId: string | null;
}

/** What a review looks at, with the keys that openai/codex-plugin-cc 1.0.5 prints. */
export interface ReviewTarget {
  mode: 'working-tree' | 'branch';
  label: string;
  baseRef?: string;
  explicit: boolean;
}

export interface ReviewSpec {
  target: ReviewTarget;
  model: string | null;
  focus: string;
}

export interface RunSpec {
  /** byte for byte what was asked for; never joined into a shell text */
  argv: string[];
  /** the file that it reads from, absolute; missing: /dev/null */
  stdin?: string;
  /** what becomes of processes that are still there when the command has ended; missing: `leave` */
  leftovers?: Leftovers;
}

/** `wait`: the job ends when they have; `stop`: they are stopped. */
export const LEFTOVERS = ['leave', 'wait', 'stop'] as const;
export type Leftovers = (typeof LEFTOVERS)[number];

/** Kind → what its requests carry. */
export interface Specs {
  task: TaskSpec;
  review: ReviewSpec;
  'adversarial-review': ReviewSpec;
  run: RunSpec;
}

export type JobKind = keyof Specs;

/** What sees a job to its end: the sh wrapper around a command, or a node worker around a turn of Codex. */
export type RunnerName = 'shell' | 'turn';

function aTaskSpec(record: Record<string, unknown>, where: string): TaskSpec {
  return {
    ...record,
    prompt: aString(record.prompt, `${where}.prompt`),
    write: aBoolean(record.write, `${where}.write`),
    model: orNull(aString)(record.model, `${where}.model`),
    effort: orNull(aString)(record.effort, `${where}.effort`),
    resumeThreadId: orNull(aString)(record.resumeThreadId, `${where}.resumeThreadId`),
  };
}

function aReviewSpec(record: Record<string, unknown>, where: string): ReviewSpec {
  const target = aRecord(record.target, `${where}.target`);
  return {
    ...record,
    target: {
      ...target,
      mode: oneOf(['working-tree', 'branch'])(target.mode, `${where}.target.mode`),
      label: aString(target.label, `${where}.target.label`),
      explicit: aBoolean(target.explicit, `${where}.target.explicit`),
    },
    model: orNull(aString)(record.model, `${where}.model`),
    focus: aString(record.focus, `${where}.focus`),
  };
}

function aRunSpec(record: Record<string, unknown>, where: string): RunSpec {
  const argv = listOf(aString)(record.argv, `${where}.argv`);
  if (argv.length === 0) throw new Malformed(`${where}.argv is empty`);
  return {
    ...record,
    argv,
    ...only('stdin', orNull(aString)(record.stdin, `${where}.stdin`)),
    ...only('leftovers', orNull(oneOf(LEFTOVERS))(record.leftovers, `${where}.leftovers`)),
  };
}

const CHECKS: { [K in JobKind]: (record: Record<string, unknown>, where: string) => Specs[K] } = {
  task: aTaskSpec,
  review: aReviewSpec,
  'adversarial-review': aReviewSpec,
  run: aRunSpec,
};

export function aSpec(kind: JobKind, value: unknown, where: string): Specs[JobKind] {
  return CHECKS[kind](aRecord(value, where), where);
}

/** A field that is not there at all where it has no value. */
export function only<K extends string, V>(key: K, value: V | null): { [P in K]?: V } {
  return value === null ? {} : ({ [key]: value } as { [P in K]?: V });
}
