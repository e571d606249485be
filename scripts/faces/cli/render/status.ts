import { briefOutcome } from '../../../domain/job/outcome-text.ts';
import { onOneLine } from '../../../domain/text/harmless.ts';
import type { JobView } from '../../views/job-view.ts';
import type { WorkspaceStatus } from '../../views/workspace-status.ts';
import type { Output } from '../output.ts';
import { jobLines } from './job.ts';
import { parallelText, reviewGateText } from './setup.ts';
import { renderTable } from './table.ts';

/** The workspace at a glance, for a model: what runs as a table and in detail, then what has ended. */
export function renderStatus(status: WorkspaceStatus, out: Output): string {
  const { running, latestFinished, recent } = status;
  const parts = [
    '# Codex Status',
    [
      `Workspace: ${onOneLine(status.workspaceRoot)}`,
      ...removedWorktrees(status),
      `Session runtime: ${status.sessionRuntime.label} (${status.sessionRuntime.detail})`,
      `Review gate: ${reviewGateText(status.config.stopReviewGate)}`,
      ...(status.config.maxParallel === null ? [] : [`Parallel Codex jobs: ${parallelText(status.config)}`]),
    ].join('\n'),
  ];
  if (status.warnings.length > 0) parts.push(status.warnings.map((line) => `Warning: ${line}`).join('\n'));
  if (running.length > 0) {
    parts.push(`Active jobs:\n\n${liveTable(running, out)}`);
    parts.push(running.flatMap((job) => jobLines(job, out)).join('\n'));
  }
  if (latestFinished) parts.push(`Latest finished:\n${jobLines(latestFinished, out).join('\n')}`);
  if (recent.length > 0) parts.push(`Recent jobs:\n\n${finishedTable(recent, out)}`);
  if (running.length === 0 && !latestFinished) parts.push('No jobs yet.');
  return `${parts.join('\n\n')}\n`;
}

/** Whose jobs are among those that are listed. */
export function removedWorktrees({
  workspaceRoot,
  running,
  latestFinished,
  recent,
}: WorkspaceStatus): string[] {
  const jobs = [...running, ...(latestFinished ? [latestFinished] : []), ...recent];
  const others = new Set(jobs.map((job) => job.workspaceRoot).filter((root) => root !== workspaceRoot));
  return others.size === 0 ? [] : [`Removed worktrees: ${[...others].map(onOneLine).join(', ')}`];
}

function liveTable(jobs: JobView[], out: Output): string {
  const head = ['Job', 'Kind', 'Status', 'Phase', 'Elapsed', 'Codex Session ID', 'Summary', 'Actions'];
  const rows = jobs.map((job) => [
    ...[job.id, job.kindLabel, job.status, phaseCell(job), job.elapsed, job.threadId ?? ''],
    job.summary,
    action(out, 'cancel', job),
  ]);
  return renderTable({ head, rows }, out.terminalWidth);
}

function phaseCell({ phase, queuePosition }: JobView): string {
  return queuePosition === null ? phase : `${phase}, position ${queuePosition}`;
}

function finishedTable(jobs: JobView[], out: Output): string {
  const head = ['Job', 'Kind', 'Outcome', 'Duration', 'Summary', 'Actions'];
  const rows = jobs.map((job) => [
    ...[job.id, job.kindLabel, job.outcome ? briefOutcome(job.outcome) : job.status, job.duration ?? ''],
    ...[job.summary, action(out, 'result', job)],
  ]);
  return renderTable({ head, rows }, out.terminalWidth);
}

/** Agents get it to copy; on a terminal it would only push the summary away. */
function action(out: Output, verb: string, { id }: JobView): string {
  return out.terminalWidth === undefined ? `\`${out.command(verb, id)}\`` : '';
}
