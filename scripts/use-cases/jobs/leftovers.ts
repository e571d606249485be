import { leftoversOf } from '../../domain/job/kinds.ts';
import { placeOf } from '../../places/places.ts';
import { noteLeft, readJobFacts } from '../../state/job/job-directory.ts';

/** Between TERM and KILL, and between KILL and giving up; milliseconds. */
const GRACE_MS = 5_000;
const KILL_MS = 3_000;

/**
 * What a job's command has left running, where the job is to wait for it or to stop it (`run --leftovers`): named in the
 * job's directory, and stopped if that was asked for. Anybody may do this at any time; it does not settle the job.
 */
export async function seeToLeftovers(directory: string): Promise<void> {
  const facts = readJobFacts(directory);
  const what = leftoversOf(facts.request);
  if (what === 'leave' || facts.outcome || facts.exit?.kind !== 'status') return;
  const place = placeOf(facts.request);
  const found = place.processes(facts);
  if (found.length === 0) return;
  // Before anyone is signalled: the outcome tells of them, whoever decides it.
  noteLeft(directory, found);
  if (what === 'wait' || facts.stop) return;
  const { left } = await place.stop(facts, { signal: 'SIGTERM', graceMs: GRACE_MS, killMs: KILL_MS });
  if (left.length > 0) noteLeft(directory, left);
}
