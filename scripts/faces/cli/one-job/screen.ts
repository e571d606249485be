import { formatBytes } from '../../../domain/base/bytes.ts';
import { HOST_TRAITS } from '../../../domain/base/hosts.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import { describeLimits } from '../../../domain/job/limits.ts';
import { processes as countOf } from '../../../domain/job/outcome-text.ts';
import { progressIn } from '../../../domain/text/progress.ts';
import type { JobView } from '../../views/job-view.ts';
import { calledOf, lastedOf, referenceOf, standingOf, standingOfEnded } from '../listing/standing.ts';
import type { Screen } from '../output.ts';
import { jobWarnings, onCompleteLine } from '../render/job.ts';
import { cut, type Line, type Look, type Span, screenOf, underHome } from '../render/paint.ts';
import { tidy } from '../render/tidy.ts';
import { ago, clockTime, took } from '../render/times.ts';
import { columnsOf, wrapped } from '../render/width.ts';
import type { JobFactsShown } from './facts.ts';
import { nextCommands } from './next.ts';
import { treeLines, usage } from './tree.ts';

/** Of the longest word at the beginning of a line, with the spaces around it. */
const INDENT = 11;

/** `codex-companion status JOB`: all that is known of it on one screen. */
export function jobScreen(view: JobView, facts: JobFactsShown, look: Look): Screen {
  const lines = [
    ...headlines(view, facts, look),
    ...plainLines([tidy(facts.command)], look),
    ...fact('in', tidy(place(view, facts, look)), look),
    ...fact(
      view.startedAt ? 'started' : 'asked for',
      tidy(`${startOf(view, look)}${askedBy(view, look)}`),
      look,
    ),
    ...fact('why', why(view, facts), look),
    ...processFacts(view, facts, look),
    ...fact('limits', limitsOf(view), look),
    ...fact('output', outputOf(view, look), look),
    ...fact('told', told(view, look), look),
    ...fact('on end', tidy(onCompleteLine(view) ?? ''), look),
    ...jobWarnings(view).flatMap((text) => fact('warning', tidy(text), look, 'yellow')),
    ...fact('thread', view.threadId ?? '', look),
    ...facts.lines.map((line): Line => [{ text: '    │ ', colour: 'dim' }, { text: tidy(line) }]),
    ...fact('next', nextCommands(view, facts).join(' · '), look, 'bold'),
    ...fact('id', view.id, look),
  ];
  return screenOf(
    lines.map((line) => cut(line, look)),
    look,
  );
}

/** `● nightly (21)  running for 2m 14s, usually 4m 50s (last 5 runs)`; in two lines where it is too long for one. */
function headlines(view: JobView, facts: JobFactsShown, look: Look): Line[] {
  const { symbol, colour } = standingOf(view);
  const words = stateOf(view);
  const number = view.number === null ? '' : ` (${referenceOf(view)})`;
  const who: Line = [
    { text: `${symbol} `, colour },
    { text: calledOf(view), colour: 'bold' },
    { text: number },
  ];
  const how = view.outcome ? howItEnded(view, facts, look) : howFarItIs(view, look);
  const all = [...who, { text: '  ' }, { text: words, colour }, { text: how }];
  if (look.width === undefined || all.reduce((sum, { text }) => sum + columnsOf(text), 0) <= look.width)
    return [all];
  return [
    who,
    ...wrapped(`${words}${how}`, look.width - 2).map((text): Line => [{ text: `  ${text}`, colour }]),
  ];
}

/** With what a turn is at, and for whom a command waits. */
function stateOf(view: JobView): string {
  const { words } = standingOf(view);
  if (words === 'waiting') return view.phase;
  const isTold = view.outcome !== null || words !== 'running' || view.phase === 'running';
  return isTold ? words : `${words} (${tidy(view.phase)})`;
}

function howFarItIs(view: JobView, { now }: Look): string {
  const lasted = lastedOf(view, now);
  const progress = progressIn(view.progressPreview);
  const usual = view.usual && `, usually ${took(view.usual.milliseconds)} (last ${view.usual.runs} runs)`;
  const waits = now - Date.parse(view.createdAt);
  return `${lasted === null ? ` for ${took(waits)}` : ` for ${took(lasted)}`}${usual ?? ''}${progress ? ` · ${progress.text}` : ''}`;
}

function howItEnded(view: JobView, { before }: JobFactsShown, look: Look): string {
  const { outcome } = view;
  const lasted = lastedOf(view, look.now);
  const when =
    outcome && !outcome.noticed
      ? `, ${look.width === undefined ? outcome.finishedAt : ago(outcome.finishedAt, look.now)}`
      : '';
  return `${lasted === null ? '' : ` after ${took(lasted)}`}${when}${wasBefore(before, look)}`;
}

/** ` (was ok, 1d ago)` */
function wasBefore(before: JobFactsShown['before'], { width, now }: Look): string {
  if (!before?.finished) return '';
  const { words } = standingOfEnded(before.finished);
  const { finishedAt } = before.finished;
  return ` (the run before: ${words}, ${width === undefined ? finishedAt : ago(finishedAt, now)})`;
}

function place({ cwd, workspaceRoot }: JobView, { branch, isHere }: JobFactsShown, look: Look): string {
  const elsewhere = isHere ? '' : ` (project ${underHome(workspaceRoot, look)})`;
  return `${underHome(cwd, look)}${branch ? `, now on ${branch}` : ''}${elsewhere}`;
}

function startOf({ startedAt, createdAt, outcome }: JobView, look: Look): string {
  const at = startedAt ?? createdAt;
  const relative = outcome || look.width === undefined ? '' : `, ${ago(at, look.now)}`;
  return `${clockTime(at, look)}${relative}`;
}

function askedBy({ host, sessionId, agentId }: JobView, { width }: Look): string {
  if (host === null || sessionId === null) return '';
  const session = width === undefined ? sessionId : sessionId.slice(0, 8);
  return `, by ${HOST_TRAITS[host].label}, session ${session}${agentId === null ? '' : ', a subagent of it'}`;
}

/** Only what the first line does not say. */
function why({ errorMessage, says }: JobView, { lines }: JobFactsShown): string {
  const isInPreview = says !== null && lines.includes(says);
  const reason = errorMessage !== null && !/^exited \d+$/.test(errorMessage) ? errorMessage : '';
  return tidy(reason !== '' ? reason : isInPreview ? '' : (says ?? ''));
}

function processFacts(
  { outcome, ...view }: JobView,
  { processes, isHere }: JobFactsShown,
  look: Look,
): Line[] {
  if (processes.length === 0) return [];
  if (outcome) {
    const them = processes.map(({ name, pid }) => `${tidy(name)} (${pid})`).join(', ');
    return fact('left', `${them}: cancel ${isHere ? referenceOf(view) : view.id} stops them`, look, 'yellow');
  }
  const [first = '', ...rest] = treeLines(processes);
  const sum = [countOf(processes.length), usage(processes)].filter(Boolean).join(' · ');
  if (processes.length === 1) return fact('process', first, look);
  return [
    ...fact('uses', sum, look),
    ...fact('tree', first, look),
    ...rest.map((line) => indented('', line)),
  ];
}

function limitsOf({ outcome, limits }: JobView): string {
  if (outcome || !limits) return '';
  return describeLimits(limits) ?? 'none';
}

function outputOf({ logBytes, updatedAt, outcome, kind }: JobView, { width, now }: Look): string {
  if (KINDS[kind].resultAs === 'answer') return '';
  if (logBytes === 0) return 'none';
  const last = outcome ? '' : `, last ${width === undefined ? updatedAt : ago(updatedAt, now)}`;
  return `${formatBytes(logBytes)}${last}`;
}

const TOLD = {
  owed: 'not yet',
  told: 'told, not confirmed yet',
  delivered: 'it has reached',
  read: 'read by',
  expired: 'nobody: the notice has expired',
} as const;

function told({ notice, host }: JobView, look: Look): string {
  if (!notice || !host) return '';
  const whom = notice.state === 'delivered' || notice.state === 'read' ? ` ${HOST_TRAITS[host].label}` : '';
  return `${TOLD[notice.state]}${whom}${notice.at ? `, ${clockTime(notice.at, look)}` : ''}`;
}

function fact(name: string, value: string, look: Look, colour?: Span['colour']): Line[] {
  if (value === '') return [];
  const [first = '', ...more] =
    look.width === undefined ? [value] : wrapped(value, Math.max(10, look.width - INDENT));
  return [indented(name, first, colour), ...more.map((line) => indented('', line, colour))];
}

function indented(name: string, text: string, colour?: Span['colour']): Line {
  return [
    { text: `  ${name}`.padEnd(INDENT), colour: 'dim' },
    { text, colour },
  ];
}

function plainLines(texts: readonly string[], { width }: Look): Line[] {
  const lines = width === undefined ? texts : texts.flatMap((text) => wrapped(text, width - 2, 3));
  return lines.map((text) => [{ text: `  ${text}` }]);
}
