import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

/**
 * How long a condition is waited for where a test says nothing, in milliseconds. It tells a hang from a slow machine, and
 * costs nothing where the condition holds: a CI machine under load was seen to need four times as long as a quiet one.
 */
export const PATIENCE_MS = 90_000;

/** A value that `until` takes for "not yet". */
type Falsy = false | 0 | '' | null | undefined;

/**
 * Polls a named condition until it holds, and returns its (truthy) value.
 * A condition that throws counts as not met yet; its last error becomes the cause.
 * @param name the condition as a fact, e.g. 'the job is running'; it stands in the error
 * @param fn the condition, sync or async
 * @param ms how long to wait at most, in milliseconds
 */
export async function until<T>(
  name: string,
  fn: () => T | Promise<T>,
  ms = PATIENCE_MS,
): Promise<Exclude<Awaited<T>, Falsy>> {
  const deadline = performance.now() + ms;
  let last: { value?: unknown; error?: unknown } = {};
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
    last = await attempt(fn);
    if (last.value) return last.value as Exclude<Awaited<T>, Falsy>;
    if (performance.now() >= deadline) break;
    await delay(pause);
  }
  const seen =
    'error' in last
      ? `it last threw ${String(last.error)}`
      : `it was last ${inspect(last.value, { depth: 6 })}`;
  throw new Error(`Waited ${ms} ms in vain until ${name}; ${seen}.`, { cause: last.error });
}

async function attempt(fn: () => unknown): Promise<{ value?: unknown; error?: unknown }> {
  try {
    return { value: await fn() };
  } catch (error) {
    return { error };
  }
}
