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

interface SpecOfKind<S> {
  check(record: Record<string, unknown>, where: string): S;
  /** of a job whose request is lost: `said` is what the index says that it was about */
  restored(said: string): S;
}

const REVIEW_SPEC: SpecOfKind<ReviewSpec> = {
  check: aReviewSpec,
  restored: () => ({
    target: { mode: 'working-tree', label: 'not recorded', explicit: false },
    ...{ model: null, focus: '' },
  }),
};

const SPECS: { [K in JobKind]: SpecOfKind<Specs[K]> } = {
  task: {
    check: aTaskSpec,
    restored: (prompt) => ({ prompt, write: false, model: null, effort: null, resumeThreadId: null }),
  },
  review: REVIEW_SPEC,
  'adversarial-review': REVIEW_SPEC,
  run: { check: aRunSpec, restored: (said) => ({ argv: [said] }) },
};

export function aSpec(kind: JobKind, value: unknown, where: string): Specs[JobKind] {
  return SPECS[kind].check(aRecord(value, where), where);
}

export function restoredSpec(kind: JobKind, said: string): Specs[JobKind] {
  return SPECS[kind].restored(said);
}

/** A field that is not there at all where it has no value. */
export function only<K extends string, V>(key: K, value: V | null): { [P in K]?: V } {
  return value === null ? {} : ({ [key]: value } as { [P in K]?: V });
}
