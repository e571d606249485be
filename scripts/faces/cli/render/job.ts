import { formatBytes } from '../../../domain/base/bytes.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import { describeLimits, LIMITS, meaningOf } from '../../../domain/job/limits.ts';
import { describeOnComplete } from '../../../domain/job/on-complete.ts';
import { briefOutcome } from '../../../domain/job/outcome-text.ts';
import { onOneLine } from '../../../domain/text/harmless.ts';
import type { JobView } from '../../views/job-view.ts';
import type { Output } from '../output.ts';

/** One job for people and agents: a line that tells it all, then what belongs to it. */
export function renderJob(job: JobView, out: Output): string {
  return `# ${job.id}\n\n${jobLines(job, out).join('\n')}\n`;
}

export function jobLines(job: JobView, out: Output): string[] {
  const live = job.status === 'queued' || job.status === 'running';
  return [
    `- ${headline(job)}`,
    ...fact('Summary', job.summary),
    ...fact('Why', job.errorMessage),
    ...fact('Codex session ID', job.threadId),
    ...fact('Resume in Codex', job.threadId && `codex resume ${job.threadId}`),
    ...fact('Log', job.logFile),
    ...fact('Limits', job.limits && describeLimits(job.limits)),
    ...jobWarnings(job).flatMap((text) => fact('Warning', text)),
    ...fact('On complete', onCompleteLine(job)),
    ...(live ? fact('Stop', out.command('cancel', job.id)) : fact('Result', out.command('result', job.id))),
    ...(job.progressPreview.length > 0
      ? [
          live ? '  Latest:' : '  What it said:',
          ...job.progressPreview.map((line) => `    ${out.quoted(line)}`),
        ]
      : []),
  ];
}

/** `task-… | running (investigating) for 12s | rescue | Codex Task | background` */
function headline(job: JobView): string {
  const how = job.outcome
    ? briefOutcome(job.outcome, job.duration)
    : `${job.status}${phaseIn(job)} for ${job.elapsed}`;
  return [job.id, how, job.kindLabel, job.title, job.background ? 'background' : 'foreground'].join(' | ');
}

function phaseIn({ queuePosition, phase, status }: JobView): string {
  if (queuePosition !== null) return ` (position ${queuePosition})`;
  return phase === status ? '' : ` (${phase})`;
}

/** From here on a log is worth a warning, and no reason to stop its job. */
const LARGE_LOG_BYTES = 1024 ** 3;

export function jobWarnings({ logBytes, kind }: JobView): string[] {
  if (!meaningOf('output', KINDS[kind].runner) || logBytes < LARGE_LOG_BYTES) return [];
  const option = `${kind} --${LIMITS.output.option} SIZE`;
  return [`its output has ${formatBytes(logBytes)}; ${option} stops a job that writes more than that`];
}

export function onCompleteLine({ onComplete }: JobView): string | null {
  if (!onComplete) return null;
  const told = describeOnComplete(onComplete);
  const isWell =
    onComplete.stage !== 'cut-off' && !(onComplete.stage === 'ended' && onComplete.exitCode !== 0);
  return isWell ? told : `${told}; its output: ${onComplete.logFile}`;
}

function fact(name: string, value: string | null): string[] {
  return value ? [`  ${name}: ${onOneLine(value)}`] : [];
}
