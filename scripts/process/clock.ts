import type { Timestamp } from '../domain/job/job.ts';

/** The time of this machine, as everything is stamped with it. */
export function now(): Timestamp {
  return new Date().toISOString();
}
