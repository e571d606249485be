import type { ProcessIdentity } from './identity.ts';

/**
 * Checks for values that come from outside (a file, a socket, a hook's input). Each takes the value and where it stood,
 * gives the value back with its type, or throws a `Malformed` that names the place.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Well-formed, and of a newer version: a kind or a place that this one has no word for. To be left alone. */
export class NotKnown extends Malformed {}

type Check<T> = (value: unknown, where: string) => T;

function malformed(where: string, wanted: string): never {
  throw new Malformed(`${where} is not ${wanted}`);
}

export function aRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(where, 'an object');
  return value as Record<string, unknown>;
}

export function aString(value: unknown, where: string): string {
  return typeof value === 'string' ? value : malformed(where, 'text');
}

export function aBoolean(value: unknown, where: string): boolean {
  return typeof value === 'boolean' ? value : malformed(where, 'true or false');
}

export function aCount(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : malformed(where, 'a count');
}

export function aCountFromOne(value: unknown, where: string): number {
  return aCount(value, where) > 0 ? (value as number) : malformed(where, 'a count of at least 1');
}

export function aTimestamp(value: unknown, where: string): string {
  const text = aString(value, where);
  return Number.isNaN(Date.parse(text)) ? malformed(where, 'a time') : text;
}

export function oneOf<const T extends string>(allowed: readonly T[]): Check<T> {
  return (value, where) => {
    const found = allowed.find((one) => one === value);
    return found ?? malformed(where, `one of ${allowed.join(', ')}`);
  };
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value, where) => (value === null || value === undefined ? null : check(value, where));
}

export function listOf<T>(check: Check<T>): Check<T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) malformed(where, 'a list');
    return value.map((one, index) => check(one, `${where}[${index}]`));
  };
}

/** A pid that can belong to a process of ours: whole, above 1, below Linux's and macOS's limit. */
export function aPid(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 1 && value <= 4_194_304
    ? value
    : malformed(where, 'a process id');
}

export function anIdentity(value: unknown, where: string): ProcessIdentity {
  const record = aRecord(value, where);
  return {
    ...record,
    machine: aString(record.machine, `${where}.machine`),
    boot: aString(record.boot, `${where}.boot`),
    pidNamespace: aString(record.pidNamespace, `${where}.pidNamespace`),
    pid: aPid(record.pid, `${where}.pid`),
    start: aString(record.start, `${where}.start`),
  };
}
