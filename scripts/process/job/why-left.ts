import type { JobProcess } from '../../domain/job/processes.ts';
import { readStat } from '../identity.ts';
import { can, need } from '../platform/this-platform.ts';

export function whyLeft({ pid }: JobProcess): string {
  const uid = can('userOf') ? need('userOf')(pid) : undefined;
  const self = process.geteuid?.() ?? 0;
  if (self !== 0 && uid !== undefined && uid !== self) return `it belongs to another user (uid ${uid})`;
  if (readStat(pid)?.state === 'D') return 'the kernel holds it in a wait that no signal ends (state D)';
  return 'it has not ended yet';
}
