import { readFileSync } from 'node:fs';
import type { Figure } from './table.ts';

const ROUNDS = 21;

/** Runs the two in turn, so that a drift of the machine hits both. */
export function ratio(what: string, reference: string, [a, b]: [() => void, () => void]): Figure {
  a();
  b();
  const pairs = Array.from({ length: ROUNDS }, () => [timed(a), timed(b)] as const);
  const ratios = pairs.map(([one, other]) => one / other);
  const ms = [pairs.map(([one]) => one), pairs.map(([, other]) => other)].map((all) =>
    median(all).toFixed(1),
  );
  return {
    what: `${what}, against ${reference}`,
    figure: `${median(ratios).toFixed(2)} ×`,
    detail: `${ms.join(' / ')} ms; ${spread(ratios, 2)}; n=${ROUNDS}`,
  };
}

function timed(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

export function spread(values: number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}

/** The value below which this share of them lies; 0 the least, 1 the greatest. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Proportional set size of a process in megabytes, 0 of one that has ended. */
export function pssOf(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return 0;
  }
}
