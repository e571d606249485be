import { formatBytes } from '../base/bytes.ts';
import { aCount, aRecord } from '../base/check.ts';
import { formatDuration } from '../base/duration.ts';
import type { RunnerName } from './specs.ts';

/** One thing other than people that a job can be stopped by. Whoever asks for a limit reads its row. */
interface LimitTraits {
  /** its amount in a request's `limits`: whole seconds or bytes, 0 for none */
  field: string;
  unit: 'seconds' | 'bytes';
  /** the option that sets it */
  option: string;
  /** what a job that it has stopped is. Too much output is no matter of time: it failed */
  ending: 'timed-out' | 'failed';
  /** what it means to each runner; null where that one does not keep it */
  runners: Record<RunnerName, LimitMeaning | null>;
}

interface LimitMeaning {
  /** behind the option in `--help` */
  help: string;
  /** the amount where nobody says one; missing: none */
  standard?: number;
  /** why the job was stopped; the amount is null where it is not on record */
  reason(amount: string | null): string;
}

const atItsDeadline = (amount: string | null) => `Stopped at its deadline of ${amount ?? 'unknown length'}`;

/** In the order in which they are looked at: of two that are reached at once, the first one is told. */
export const LIMITS = {
  deadline: {
    ...{ field: 'deadlineSeconds', unit: 'seconds', option: 'deadline', ending: 'timed-out' },
    runners: {
      shell: { help: 'stop it after D (90s, 15m, 2h)', reason: atItsDeadline },
      turn: { help: 'interrupt it after D (90s, 15m, 2h)', reason: atItsDeadline },
    },
  },
  output: {
    ...{ field: 'outputBytes', unit: 'bytes', option: 'output-limit', ending: 'failed' },
    runners: {
      shell: {
        help: 'stop it when it has written more than that (500k, 200M, 1.5G)',
        reason: (amount) => `Stopped at its output limit${amount === null ? '' : ` of ${amount}`}`,
      },
      turn: null,
    },
  },
  stall: {
    ...{ field: 'stallSeconds', unit: 'seconds', option: 'stall', ending: 'timed-out' },
    runners: {
      shell: {
        help: 'stop it after D without output',
        reason: (amount) => `Stopped after ${amount ?? 'too long'} without output`,
      },
      turn: {
        help: 'interrupt it after D without a sign of life; 60m where not given, none for never',
        standard: 3600,
        reason: (amount) => `Stopped after ${amount ?? 'too long'} without a sign of life from Codex`,
      },
    },
  },
} as const satisfies Record<string, LimitTraits>;

export type Limit = keyof typeof LIMITS;
export type LimitOfEnding<E extends LimitTraits['ending']> = {
  [L in Limit]: (typeof LIMITS)[L]['ending'] extends E ? L : never;
}[Limit];

/** Those that a runner keeps. */
export type LimitOf<R extends RunnerName> = {
  [L in Limit]: (typeof LIMITS)[L]['runners'][R] extends null ? never : L;
}[Limit];

/** They travel with the job. A missing one is none. */
export type Limits = { [L in Limit as (typeof LIMITS)[L]['field']]?: number };

export const LIMIT_NAMES = Object.keys(LIMITS) as Limit[];

/** Written out, because release 1.1.0 reads no request without the two that it knows. */
export const NO_LIMITS: Required<Limits> = limitsFrom(() => 0);

/** Each limit's amount by its name, under the names that they have in a request. */
export function limitsFrom(amountOf: (limit: Limit) => number): Required<Limits> {
  return Object.fromEntries(
    LIMIT_NAMES.map((limit) => [LIMITS[limit].field, amountOf(limit)]),
  ) as Required<Limits>;
}

/** Seconds or bytes; 0 for none. */
export function amountOf({ limits }: { limits: Limits }, limit: Limit): number {
  return limits[LIMITS[limit].field] ?? 0;
}

export function someLimits(value: unknown, where: string): Limits {
  const record = aRecord(value, where);
  const known = limitsFrom((limit) => {
    const { field } = LIMITS[limit];
    return aCount(record[field] ?? 0, `${where}.${field}`);
  });
  return { ...record, ...known } as Limits;
}

export function limitsThatEnd<E extends LimitTraits['ending']>(ending: E): LimitOfEnding<E>[] {
  return LIMIT_NAMES.filter((limit) => LIMITS[limit].ending === ending) as LimitOfEnding<E>[];
}

/** What a limit means to a runner; null where that one does not keep it. */
export function meaningOf(limit: Limit, runner: RunnerName): LimitMeaning | null {
  return LIMITS[limit].runners[runner];
}

/** Seconds or bytes where nobody says; 0 for none. */
export function standardOf(limit: Limit, runner: RunnerName): number {
  return meaningOf(limit, runner)?.standard ?? 0;
}

/** `deadline 15m 00s, output-limit 500 MB`; null where there is none. */
export function describeLimits(limits: Limits): string | null {
  const told = LIMIT_NAMES.flatMap((limit) => {
    const { option, unit } = LIMITS[limit];
    const amount = amountOf({ limits }, limit);
    if (amount === 0) return [];
    return [`${option} ${unit === 'bytes' ? formatBytes(amount) : formatDuration(amount * 1000)}`];
  });
  return told.length > 0 ? told.join(', ') : null;
}

/** Without a full stop. */
export function limitReason(limit: Limit, runner: RunnerName, amount: number): string {
  const { unit } = LIMITS[limit];
  const said = unit === 'bytes' ? formatBytes(amount) : `${amount} s`;
  return meaningOf(limit, runner)?.reason(amount > 0 ? said : null) ?? `Stopped at its ${limit} limit`;
}

/** How a job has ended that a limit has stopped. */
export function endingBy(limit: Limit): EndingByLimit {
  return { ending: LIMITS[limit].ending, limit } as EndingByLimit;
}

type EndingByLimit = {
  [E in LimitTraits['ending']]: { ending: E; limit: LimitOfEnding<E> };
}[LimitTraits['ending']];
