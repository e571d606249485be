import type { JobView } from '../../views/job-view.ts';
import type { Look, Span } from '../render/paint.ts';
import { ago, took } from '../render/times.ts';
import { calledOf, lastedOf, referenceOf, saysOf, standingOf } from './standing.ts';
import type { Column } from './table.ts';

/** The list of jobs, from left to right. At 40 columns the first four are left: which job, and how it stands. */
export function jobColumns(look: Look): Column<JobView>[] {
  const { width, now } = look;
  const isScreen = width !== undefined;
  return [
    { title: '#', right: true, cell: (job) => dim(job.number === null ? '' : referenceOf(job)) },
    // By a name that was given, a job can be called.
    {
      title: 'NAME',
      least: 8,
      cell: (job) => ({ text: calledOf(job), colour: job.name === null ? undefined : 'bold' }),
    },
    { title: 'STATE', cell: stateCell },
    { title: 'TIME', goes: 1, cell: (job) => ({ text: timeOf(job, now) }) },
    { title: 'WHEN', goes: 2, cell: (job) => dim(isScreen ? whenOf(job, now) : (endOf(job) ?? '')) },
    // People type the number; what a program keeps is to mean the same job from anywhere.
    ...(isScreen ? [] : [{ title: 'ID', cell: ({ id }: JobView) => ({ text: id }) }]),
    { title: 'COMMAND', least: 12, goes: 4, cell: (job) => ({ text: job.summary }) },
    { title: 'OUTPUT', least: 14, goes: 3, cell: (job) => dim(saysOf(job)) },
  ];
}

function dim(text: string): Span {
  return { text, colour: 'dim' };
}

function stateCell(job: JobView): Span {
  const { symbol, words, colour } = standingOf(job);
  return { text: `${symbol} ${words}`, colour };
}

function timeOf(job: JobView, now: number): string {
  const lasted = lastedOf(job, now);
  return lasted === null ? '' : took(lasted);
}

/** When it ended; of a live one what its time is to be compared with. */
function whenOf(job: JobView, now: number): string {
  if (job.outcome) return ago(job.outcome.finishedAt, now);
  return job.usual ? `of ~${took(job.usual.milliseconds)}` : '';
}

/** For a pipe: when it ended, or, while it lives, when it began. */
function endOf({ outcome, startedAt }: JobView): string | null {
  return outcome ? outcome.finishedAt : startedAt;
}
