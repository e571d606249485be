import type { JobOutcome } from '../job/evidence.ts';

/** Which jobs a list is to show; all that are given must hold. */
export interface JobFilter {
  /** neither completed nor cancelled */
  failed?: boolean;
  /** live: also queued and paused */
  running?: boolean;
  /** live, or ended since then: ms since 1970 */
  since?: number;
  /** the id of the session that asked for it, or its beginning */
  session?: string;
}

interface Filtered {
  origin: { sessionId: string } | null;
  /** null while it lives */
  finished: JobOutcome | null;
}

export function passes({ origin, finished }: Filtered, filter: JobFilter): boolean {
  if (filter.failed && !hasFailed(finished)) return false;
  if (filter.running && finished) return false;
  if (filter.since !== undefined && finished && Date.parse(finished.finishedAt) < filter.since) return false;
  return filter.session === undefined || (origin?.sessionId.startsWith(filter.session) ?? false);
}

export function hasFailed(outcome: JobOutcome | null): boolean {
  return outcome !== null && outcome.ending !== 'completed' && outcome.ending !== 'cancelled';
}
