import { parseDuration } from '../../../domain/base/duration.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { compareText } from '../../../domain/base/order.ts';
import { JOB_ID } from '../../../domain/job/kinds.ts';
import { echo } from '../../../domain/text/harmless.ts';
import type { JobFilter } from '../../../domain/workspace/job-filter.ts';
import { RECENT_JOBS } from '../../../domain/workspace/workspace-state.ts';
import { readState } from '../../../state/workspace/store.ts';
import type { ListWish } from '../../../use-cases/jobs/listing.ts';
import type { Call } from '../command.ts';
import type { OptionTable } from '../input/grammar.ts';

/** What the list of jobs takes, and one job does not. */
export const LIST_OPTIONS: OptionTable = {
  all: { takes: 'nothing', short: 'a' },
  global: { takes: 'nothing', short: 'g' },
  last: { takes: 'value', short: 'n' },
  failed: { takes: 'nothing' },
  running: { takes: 'nothing' },
  today: { takes: 'nothing' },
  since: { takes: 'value' },
  session: { takes: 'value', values: ['@last'] },
  cursor: { takes: 'value' },
};

/** As many finished jobs as 1.0.5 told. */
const FINISHED_IN_JSON = 9;
/** Of one answer; `nextCursor` goes on from there. */
export const PAGE = 1_000;
/** A screen, and no more than one reads at a glance. */
const MOST_LINES = 15;
const FEWEST_LINES = 5;
/** Above and below the jobs. */
const OTHER_LINES = 8;

export function wishOf(call: Call): ListWish {
  const { options } = call;
  for (const [a, b] of [
    ['failed', 'running'],
    ['today', 'since'],
    ['all', 'last'],
    ['cursor', 'last'],
  ] as const)
    options.refuseTogether(a, b);
  const filter = filterOf(call);
  const isFiltered = Object.keys(filter).length > 0;
  const all = options.has('all') || options.has('cursor');
  return {
    filter,
    most: mostOf(call, { all, isFiltered }),
    old: all || isFiltered || (options.count('last') ?? 0) > RECENT_JOBS,
    after: cursorOf(options.text('cursor')),
  };
}

function mostOf(call: Call, { all, isFiltered }: { all: boolean; isFiltered: boolean }): ListWish['most'] {
  const { options, out } = call;
  const last = options.count('last');
  if (last === 0)
    throw new CompanionError('usage', '--last 0 would show no job.', { hint: 'codex-companion status -n 5' });
  if (last !== undefined) return { total: last };
  const isPlain = options.has('quiet') || options.has('format');
  const height = isPlain || out.json ? undefined : out.terminalHeight;
  // Where the answer is no screen, what was asked for bounds it.
  if (all || (isFiltered && height === undefined))
    return { finished: isPlain ? Number.POSITIVE_INFINITY : PAGE };
  if (out.json || out.forModel) return { finished: FINISHED_IN_JSON };
  if (height === undefined) return { total: MOST_LINES };
  return { total: Math.max(FEWEST_LINES, Math.min(MOST_LINES, height - OTHER_LINES)) };
}

function filterOf(call: Call): JobFilter {
  const { options } = call;
  const since = options.has('today') ? new Date().setHours(0, 0, 0, 0) : sinceOf(options.text('since'));
  const session = sessionOf(call);
  return {
    ...(options.has('failed') ? { failed: true } : {}),
    ...(options.has('running') ? { running: true } : {}),
    ...(since === undefined ? {} : { since }),
    ...(session === undefined ? {} : { session }),
  };
}

/** `2h` back from now, or a date and perhaps a time by the local clock, or by UTC with a Z. */
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?$/;

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined) return Date.now() - seconds * 1000;
  // A date alone would be taken for midnight of UTC.
  const date = DATE.test(text) ? new Date(text.length === 10 ? `${text}T00:00` : text) : undefined;
  const time = date?.getTime() ?? Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CompanionError('usage', `--since ${echo(text)} is neither a duration nor a date.`, {
    hint: "--since 2h, 7d, 2026-11-27 or '2026-11-27 14:30'",
  });
}

/** `@last`: the session that asked for the latest job. */
function sessionOf({ options, context: { layout } }: Call): string | undefined {
  const text = options.text('session');
  if (text !== '@last') return text;
  const asked = readState(layout).jobs.filter(({ origin }) => origin !== null);
  const latest = asked.sort((a, b) => compareText(b.createdAt, a.createdAt))[0];
  if (latest?.origin) return latest.origin.sessionId;
  throw new CompanionError('unknown-job', 'No session has asked for a job here.', {
    hint: 'codex-companion status',
  });
}

function cursorOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const [at = '', id = ''] = text.split(',');
  if (!Number.isNaN(Date.parse(at)) && JOB_ID.test(id)) return text;
  throw new CompanionError('usage', `--cursor ${echo(text)} is no cursor of ours.`, {
    hint: 'Pass the nextCursor of an earlier answer: codex-companion status --all --json',
  });
}
