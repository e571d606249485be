import { compareText } from '../base/order.ts';
import type { Timestamp } from './job.ts';

/**
 * Which Codex job may begin where a workspace caps how many run at once (the setting `max-parallel`). There is no list
 * to be kept: a job that has its worker's claim takes a place until it ends, one without waits for its own.
 */

/** `waiting`: unclaimed, and its worker (or who is about to start one) lives. `gone`: ended, or its worker is dead. */
export type Standing = 'waiting' | 'running' | 'gone';

export interface Waiter {
  id: string;
  createdAt: Timestamp;
}

/** Oldest first; of two in the same millisecond always the same one. */
function byAge(a: Waiter, b: Waiter): number {
  return compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id);
}

/**
 * Why a job must wait: `maxParallel` others that run, whatever their age, or that wait and are older. As long as none
 * of these is gone it has to wait, whoever else comes or goes. Empty: it may begin.
 *
 * An older one that waits has its place kept, and holds up nobody beyond that: where there is room for several they
 * begin together.
 */
export function inTheWay(
  job: Waiter,
  codexJobs: readonly Waiter[],
  maxParallel: number,
  standing: (id: string) => Standing,
): string[] {
  const found: string[] = [];
  // Oldest first, since these are the likeliest: looking at a job costs reading its files.
  for (const other of [...codexJobs].sort(byAge)) {
    if (other.id === job.id) continue;
    const stands = standing(other.id);
    if (stands === 'running' || (stands === 'waiting' && byAge(other, job) < 0)) found.push(other.id);
    if (found.length >= maxParallel) return found;
  }
  return [];
}

/** Job id → its place in the queue, from 1. */
export function queuePositions(waiting: readonly Waiter[]): Map<string, number> {
  return new Map([...waiting].sort(byAge).map(({ id }, index) => [id, index + 1]));
}
