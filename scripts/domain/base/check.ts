import type { ProcessIdentity } from './identity.ts';

/**
 * Checks for values that come from outside (a file, a socket, a hook's input). Each takes the value and where it stood,
 * gives the value back with its type, or throws a `Malformed` that names the place.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Right in form, but it names something that is in no table here: a newer version wrote it. What holds it is left as it is. */
export class UnknownName extends Malformed {}

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

/** A name from a table. `what` it is the name of, for people: `host` is refused as "a host that this version does not know". */
export function aName<const T extends string>(known: readonly T[], what: string): Check<T> {
  return (value, where) => {
    const name = aString(value, where);
    const found = known.find((one) => one === name);
    if (found !== undefined) return found;
    throw new UnknownName(
      `${where} is ${JSON.stringify(name)}, a ${what} that this version does not know (it knows ${known.join(', ')})`,
    );
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

/** Records of a list, parted: those that are right, and those that hold a name which only a newer version knows. */
export interface Sifted<T> {
  known: T[];
  /** as they were */
  unknown: unknown[];
  /** the first of those, said for people; undefined where there is none */
  why: string | undefined;
}

/** As `listOf`, but a record with an unknown name does not spoil the others. */
export function sifted<T>(check: Check<T>, value: unknown, where: string): Sifted<T> {
  const result: Sifted<T> = { known: [], unknown: [], why: undefined };
  for (const [index, one] of listOf((record) => record)(value, where).entries()) {
    try {
      result.known.push(check(one, `${where}[${index}]`));
    } catch (error) {
      if (!(error instanceof UnknownName)) throw error;
      result.unknown.push(one);
      result.why ??= error.message;
    }
  }
  return result;
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
