import type { JobProcess } from '../../domain/job/processes.ts';
import { statusOf } from '../identity.ts';

export function whyLeft({ pid }: JobProcess): string {
  const { state, uid } = statusOf(pid);
  const self = process.geteuid?.() ?? 0;
  if (self !== 0 && uid !== '' && Number(uid) !== self) return `it belongs to another user (uid ${uid})`;
  if (state === 'D') return 'the kernel holds it in a wait that no signal ends (state D)';
  return 'it has not ended yet';
}
