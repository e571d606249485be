import { basename } from 'node:path';
import type { JobView } from '../../views/job-view.ts';
import type { WorkspaceStatus } from '../../views/workspace-status.ts';
import type { Screen } from '../output.ts';
import { cut, type Line, type Look, type Span, screenOf, underHome } from '../render/paint.ts';
import { parallelText, reviewGateText } from '../render/setup.ts';
import { removedWorktrees } from '../render/status.ts';
import { tidy } from '../render/tidy.ts';
import { columnsOf, wrapped } from '../render/width.ts';
import { jobColumns } from './columns.ts';
import { calledOf, referenceOf } from './standing.ts';
import { drawTable } from './table.ts';

/** What the list is drawn from. */
export interface ListedJobs {
  status: WorkspaceStatus;
  /** live jobs in workspaces of which nothing is shown */
  elsewhere: number;
  /** of all workspaces, each under its name */
  isGlobal: boolean;
  /** only some jobs were asked for */
  isFiltered: boolean;
}

/** `codex-companion status`: a line a job, and what to type next. */
export function listScreen(listed: ListedJobs, look: Look): Screen {
  const { status } = listed;
  const jobs = [...status.running, ...ended(status)];
  const hints = hintsOf(listed, jobs);
  const parts = [
    [...headOf(listed, jobs, look), ...told(notesOf(listed), look, 'dim')],
    jobs.length > 0 ? tableOf(listed, jobs, look) : told([nothing(listed)], look, undefined),
    told(
      status.warnings.map((text) => `Warning: ${text}`),
      look,
      'yellow',
    ),
    hintLines(hints, look),
  ].filter((part) => part.length > 0);
  const lines = parts.flatMap((part, index): Line[] => (index === 0 ? part : [[], ...part]));
  return screenOf(lines, look);
}

function ended({ latestFinished, recent }: WorkspaceStatus): JobView[] {
  const all = [...(latestFinished ? [latestFinished] : []), ...recent];
  // The session's own comes first in --json, for 1.0.5's sake; people read a list by its times.
  return all.sort((a, b) => Date.parse(endOf(b)) - Date.parse(endOf(a)));
}

function endOf({ outcome, updatedAt }: JobView): string {
  return outcome?.finishedAt ?? updatedAt;
}

/** `proj   2 running · 3 failed · 6 ok today` */
function headOf(
  { status: { workspaceRoot, counts: all }, isGlobal }: ListedJobs,
  jobs: readonly JobView[],
  look: Look,
): Line[] {
  const more = all.atLeast ? '+' : '';
  const counts: (Span | false)[] = [
    all.running > 0 && { text: `${all.running} running`, colour: 'blue' },
    all.paused > 0 && { text: `${all.paused} paused`, colour: 'yellow' },
    all.queued > 0 && { text: `${all.queued} queued`, colour: 'yellow' },
    all.failedToday > 0 && { text: `${all.failedToday}${more} failed today`, colour: 'red' },
    all.completedToday > 0 && { text: `${all.completedToday}${more} ok today`, colour: 'green' },
  ];
  const nothingNow: Span[] = jobs.length > 0 ? [{ text: 'nothing runs', colour: 'dim' }] : [];
  const shown = counts.filter((one) => one !== false);
  const project = isGlobal ? 'all projects' : tidy(basename(workspaceRoot)) || '/';
  const name: Span = { text: project, colour: 'bold' };
  const spans = shown.length > 0 ? shown : nothingNow;
  const line: Line = spans.flatMap((span, index) => [{ text: index === 0 ? '   ' : ' · ' }, span]);
  const isTooLong = look.width !== undefined && lengthOf([name, ...line]) > look.width;
  return isTooLong ? [[name], ...spans.map((span) => [{ text: '  ' }, span])] : [[name, ...line]];
}

function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + columnsOf(text), 0);
}

/** Sentences, in as many lines as they need. */
function told(sentences: readonly string[], { width }: Look, colour: Span['colour']): Line[] {
  const lines = sentences.flatMap((text) => (width === undefined ? [text] : wrapped(text, width)));
  return lines.map((text) => [{ text, colour }]);
}

/** What is out of the ordinary in the workspace. */
function notesOf({ status, isGlobal }: ListedJobs): string[] {
  const { sessionRuntime, broker, config } = status;
  return [
    ...(isGlobal ? [] : removedWorktrees(status)),
    ...(broker ? [`Codex: ${sessionRuntime.detail}`] : []),
    ...(config.stopReviewGate ? [`Review gate: ${reviewGateText(true)}`] : []),
    ...(config.maxParallel === null ? [] : [`Parallel Codex jobs: ${parallelText(config)}`]),
  ];
}

function tableOf({ isGlobal }: ListedJobs, jobs: readonly JobView[], look: Look): Line[] {
  const { head, rows } = drawTable(jobColumns(look), jobs, look);
  if (!isGlobal) return [head, ...rows].map((line) => cut(line, look));
  const places = [...new Set(jobs.map(({ workspaceRoot }) => workspaceRoot))];
  const grouped = places.flatMap((place): Line[] => [
    [{ text: tidy(underHome(place, look)) || '(unknown)', colour: 'bold' }],
    ...rows.filter((_, index) => jobs[index]?.workspaceRoot === place),
  ]);
  return [head, ...grouped].map((line) => cut(line, look));
}

function nothing({ isFiltered, isGlobal }: ListedJobs): string {
  if (isFiltered) return 'No such jobs.';
  const where = isGlobal ? 'No jobs anywhere.' : 'No jobs here.';
  return `${where} Start one: codex-companion run --background -- npm test`;
}

interface Hint {
  about: string;
  type: string[];
}

function hintsOf({ status, elsewhere, isGlobal }: ListedJobs, jobs: readonly JobView[]): Hint[] {
  const { more, nextCursor } = status;
  const older = more.older ? ' and older ones' : '';
  const count = more.count > 0 ? `… ${more.count} more${older}` : more.older ? '… older ones' : '';
  const from = nextCursor && more.count > 0 && jobs.length >= 1000 ? ['--cursor', nextCursor] : [];
  const failed = isGlobal
    ? undefined
    : jobs.find(({ status: stands, outcome }) => outcome && stands === 'failed');
  return [
    ...(count === '' ? [] : [{ about: count, type: ['status', '-a', ...from] }]),
    ...(elsewhere > 0
      ? [
          {
            about: `${elsewhere === 1 ? '1 job' : `${elsewhere} jobs`} in other projects`,
            type: ['status', '-g', '--running'],
          },
        ]
      : []),
    ...(failed ? [{ about: `why ${calledOf(failed)} failed`, type: ['result', referenceOf(failed)] }] : []),
    ...(isGlobal && jobs.length > 0
      ? [{ about: 'a job of another project', type: ['-C', 'DIR', 'result', 'NUMBER'] }]
      : []),
  ];
}

function hintLines(hints: readonly Hint[], look: Look): Line[] {
  const longest = Math.max(0, ...hints.map(({ about }) => columnsOf(about)));
  return hints.flatMap(({ about, type }): Line[] => {
    const [verb = '', ...words] = type;
    const command = look.command(verb, ...words);
    const fits = look.width === undefined || longest + 3 + columnsOf(command) <= look.width;
    if (!fits) return [[{ text: `${about}:`, colour: 'dim' }], [{ text: `  ${command}` }]];
    const space = ' '.repeat(longest - columnsOf(about) + 3);
    return [[{ text: about, colour: 'dim' }, { text: `${space}${command}` }]];
  });
}
