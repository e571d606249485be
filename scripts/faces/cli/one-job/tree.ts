import { formatBytes } from '../../../domain/base/bytes.ts';
import type { SeenProcess } from '../../../use-cases/reading/job-processes.ts';
import { tidy } from '../render/tidy.ts';

/** More of them say nothing that one reads. */
const MOST_LINES = 12;

/** Who has started whom, a line each: `└─ node (8512)  12 % · 80 MB · port 43117`. */
export function treeLines(processes: readonly SeenProcess[]): string[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  const first = processes.filter(({ parent }) => parent === null || !pids.has(parent));
  const lines = first.flatMap((one) => [described(one), ...below(one, processes, '')]);
  const more = lines.length - MOST_LINES;
  return more > 1 ? [...lines.slice(0, MOST_LINES), `… ${more} more`] : lines;
}

function below({ pid }: SeenProcess, all: readonly SeenProcess[], indent: string): string[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const deeper = `${indent}${isLast ? '   ' : '│  '}`;
    return [`${indent}${isLast ? '└─' : '├─'} ${described(child)}`, ...below(child, all, deeper)];
  });
}

function described(one: SeenProcess): string {
  const told = usage([one]);
  return `${tidy(one.name)} (${one.pid})${told === '' ? '' : `  ${told}`}`;
}

/** `180 % CPU · 412 MB · port 43117`; what is not known of any of them is left out. */
export function usage(processes: readonly SeenProcess[]): string {
  const cpu = sumOf(processes.map((one) => one.cpu));
  const memory = sumOf(processes.map((one) => one.memory));
  const ports = [...new Set(processes.flatMap((one) => one.ports))].sort((a, b) => a - b);
  const listed = ports.slice(0, 6).join(', ') + (ports.length > 6 ? ', …' : '');
  return [
    ...(cpu === null ? [] : [`${Math.round(cpu)} % CPU`]),
    ...(memory === null ? [] : [formatBytes(memory)]),
    ...(ports.length === 0 ? [] : [`${ports.length === 1 ? 'port' : 'ports'} ${listed}`]),
  ].join(' · ');
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
