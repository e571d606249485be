import type { JobOutcome } from '../../../domain/job/evidence.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import { durationOf } from '../../../domain/job/outcome-text.ts';
import { shortNameOf } from '../../../domain/shell/short-name.ts';
import { progressIn } from '../../../domain/text/progress.ts';
import type { JobView } from '../../views/job-view.ts';
import type { Colour } from '../render/paint.ts';
import { tidy } from '../render/tidy.ts';

/** How a job stands, in a symbol and a word or two: without colours nothing is lost. */
export interface Standing {
  symbol: string;
  words: string;
  colour: Colour;
}

export function standingOf(view: JobView): Standing {
  return view.outcome ? standingOfEnded(view.outcome) : liveStanding(view);
}

export function standingOfEnded(outcome: JobOutcome): Standing {
  return ENDED[outcome.ending](outcome);
}

function liveStanding({ status, phase, queuePosition }: JobView): Standing {
  if (status === 'queued') {
    const words = queuePosition === null ? 'queued' : `queued (${queuePosition})`;
    return { symbol: '◌', words, colour: 'yellow' };
  }
  if (phase === 'paused' || phase === 'stopped') return { symbol: '⏸', words: phase, colour: 'yellow' };
  const words = phase === 'stopping' ? phase : phase.startsWith('waiting for') ? 'waiting' : 'running';
  return { symbol: '●', words, colour: 'blue' };
}

const ENDED: { [E in JobOutcome['ending']]: (outcome: JobOutcome) => Standing } = {
  completed: () => ({ symbol: '✔', words: 'ok', colour: 'green' }),
  failed: (outcome) => ({ symbol: '✖', words: failure(outcome), colour: 'red' }),
  cancelled: () => ({ symbol: '⊘', words: 'cancelled', colour: 'dim' }),
  'timed-out': (outcome) => ({ symbol: '◷', words: limitOf(outcome) ?? 'timed out', colour: 'yellow' }),
  lost: () => ({ symbol: '?', words: 'lost', colour: 'red' }),
};

function failure(outcome: JobOutcome): string {
  const limit = limitOf(outcome);
  if (limit !== null) return `${limit} limit`;
  if (outcome.signalIsCertain && outcome.signal) return outcome.signal;
  return outcome.exitCode === null ? 'failed' : `exit ${outcome.exitCode}`;
}

function limitOf(outcome: JobOutcome): string | null {
  return 'limit' in outcome && outcome.limit ? outcome.limit : null;
}

/** The name that it was given, or what people would call it. */
export function calledOf({ name, kind, summary }: Pick<JobView, 'name' | 'kind' | 'summary'>): string {
  if (name !== null) return tidy(name);
  return KINDS[kind].runner === 'shell' ? tidy(shortNameOf(summary)) : kind;
}

/** What one types to name it where it belongs. */
export function referenceOf({ number, id }: Pick<JobView, 'number' | 'id'>): string {
  return number === null ? id : String(number);
}

/** Milliseconds from its start to its end, or to now; null where it has not begun, and where nobody saw its end. */
export function lastedOf({ outcome, startedAt }: JobView, now: number): number | null {
  if (outcome) return durationOf(outcome);
  return startedAt === null ? null : Math.max(0, now - Date.parse(startedAt));
}

const AT_ITS_BEGINNING = 14;

/** One line: why it failed, or how far it is and what it says now. Empty where that tells nothing. */
export function saysOf(view: JobView): string {
  const { outcome, says, progressPreview } = view;
  const left = outcome && outcome.stillRunning > 0 ? [`${outcome.stillRunning} still running`] : [];
  const line = tidy(says ?? '');
  const progress = outcome ? undefined : progressIn(progressPreview);
  // Where the line begins with it, or nearly, it is not told twice.
  const far = progress && !progressIn([line.slice(0, AT_ITS_BEGINNING)]) ? [progress.text] : [];
  return [...left, ...far, ...(line === '' ? [] : [line])].join(' · ');
}
