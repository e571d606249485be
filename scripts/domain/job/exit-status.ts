import type { ExitRecord, JobOutcome } from './evidence.ts';

type StatusRecord = Extract<ExitRecord, { kind: 'status' }>;

/** Names by number on Linux, for records of wrappers that did not name them. */
const SIGNALS: Record<number, string> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  4: 'ILL',
  6: 'ABRT',
  8: 'FPE',
  9: 'KILL',
  11: 'SEGV',
  13: 'PIPE',
  14: 'ALRM',
  15: 'TERM',
};

/** The signal that ended a command, or that its status may stand for where the shell could not tell. */
export function signalOf({
  status,
  signal,
}: Pick<StatusRecord, 'status' | 'signal'>): Pick<JobOutcome, 'signal' | 'signalIsCertain'> {
  const number = status - 128;
  if (number < 1 || number > 64 || signal === 'none') return { signal: null };
  if (signal === undefined) return { signal: nameOf(SIGNALS[number] ?? String(number)) };
  return { signal: nameOf(signal), signalIsCertain: true };
}

/** `TERM` → `SIGTERM`; some shells have no name but the number for a few. */
function nameOf(signal: string): string {
  return /^\d+$/.test(signal) ? `signal ${signal}` : `SIG${signal}`;
}

export function oomKillsOf({ oomKills }: StatusRecord): Pick<JobOutcome, 'oomKills'> {
  return oomKills ? { oomKills } : {};
}

/** How the command ended, in words that claim no more than is known. */
export function describeStatus(record: StatusRecord): string {
  return `${howItEnded(record)}${forLackOfMemory(record)}`;
}

function howItEnded(record: StatusRecord): string {
  const { status } = record;
  const { signal, signalIsCertain } = signalOf(record);
  if (signalIsCertain) return `ended by ${signal}`;
  if (signal) return `exited ${status} (either \`exit ${status}\` or ${signal}; its shell cannot tell)`;
  const child = signalOf({ status }).signal;
  return child
    ? `exited ${status} (by itself; a shell does so when ${child} has ended its child)`
    : `exited ${status}`;
}

/** A hint, not proof: whose process it was, the kernel's count does not say. */
function forLackOfMemory(record: StatusRecord): string {
  const { oomKills, status } = record;
  if (!oomKills) return '';
  const likely = record.signal === 'KILL' ? 'probably' : 'possibly';
  const cause = status === 137 ? `${likely} for lack of memory` : 'possibly because memory ran out';
  const processes = oomKills === 1 ? 'a process' : `${oomKills} processes`;
  return `, ${cause}: the kernel killed ${processes} of its control group for that meanwhile`;
}
