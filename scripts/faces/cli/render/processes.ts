import type { JobProcess, LeftProcess } from '../../../domain/job/processes.ts';
import { onOneLine } from '../../../domain/text/harmless.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import { can } from '../../../process/platform/this-platform.ts';
import type { JobFacts } from '../../../state/job/job-directory.ts';
import { leftBy } from '../../../use-cases/reading/left-running.ts';
import type { Output } from '../output.ts';

/** Without their environment, those are strangers. */
const UNSEEN = '- Not looked for: processes that have left their parent and their group (docs/platforms.md)';

/** `- Stopped: sh (pid 12), …`, and what is left with the reason; no line for an empty list. */
export function processLines(lists: {
  done: string;
  processes: JobProcess[];
  left: LeftProcess[];
}): string[] {
  const { done, processes, left } = lists;
  const lines = processes.length > 0 ? [`- ${done}: ${processes.map(nameAndPid).join(', ')}`] : [];
  if (!can('environmentOf')) lines.push(UNSEEN);
  for (const one of left) lines.push(`- Left: ${nameAndPid(one)}, ${one.why}: ${shorten(one.command)}`);
  return lines;
}

/** `Still running: sleep (pid 12). codex-companion cancel JOB stops it.`; undefined for none. */
export function stillRunningLine(facts: JobFacts, out: Output): string | undefined {
  const left = leftBy(facts);
  if (left.length === 0) return undefined;
  const them = left.length === 1 ? 'it' : 'them';
  return `Still running: ${left.map(nameAndPid).join(', ')}. ${out.command('cancel', facts.request.id)} stops ${them}.`;
}

export function nameAndPid({ pid, name }: Pick<JobProcess, 'pid' | 'name'>): string {
  return `${onOneLine(name)} (pid ${pid})`;
}
