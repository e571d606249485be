import { formatBytes } from '../../../domain/base/bytes.ts';
import type { SeenProcess } from '../../../use-cases/reading/job-processes.ts';
import { tidy } from '../render/tidy.ts';

/** More of them say nothing that one reads. */
const MOST_LINES = 12;

/** Who has started whom, a line each: `└─ node (8512)  12 % · 80 MB · port 43117`. */
export function treeLines(processes: readonly SeenProcess[]): string[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  const children = new Map<number | null, SeenProcess[]>();
  for (const one of processes) {
    const parent = one.parent !== null && pids.has(one.parent) ? one.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(one);
    else children.set(parent, [one]);
  }
  const lines: string[] = [];
  for (const first of children.get(null) ?? []) {
    lines.push(described(first));
    addBelow(first.pid, '', children, lines);
  }
  const more = processes.length - MOST_LINES;
  return more > 1 ? [...lines.slice(0, MOST_LINES), `… ${more} more`] : lines;
}

/** No further than is shown: a job can be deeper than our stack. */
function addBelow(
  pid: number,
  indent: string,
  children: ReadonlyMap<number | null, SeenProcess[]>,
  lines: string[],
): void {
  const own = children.get(pid) ?? [];
  for (const child of own) {
    if (lines.length > MOST_LINES) return;
    const isLast = child === own.at(-1);
    lines.push(`${indent}${isLast ? '└─' : '├─'} ${described(child)}`);
    addBelow(child.pid, `${indent}${isLast ? '   ' : '│  '}`, children, lines);
  }
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
