import { CompanionError } from '../domain/base/errors.ts';
import { echoed } from '../domain/text/harmless.ts';
import type { Environment } from './environment.ts';
import { can, need } from './platform/this-platform.ts';

/** What node makes of bytes that are no UTF-8; it may have been meant as well. */
const REPLACED = '\uFFFD';

/** Node has no other way to pass an environment on, so what it could not read would arrive changed. Throws a usage error. */
export function requireUtf8Environment(environment: Environment): void {
  const suspects = Object.entries(environment).filter((entry) => entry.join('=').includes(REPLACED));
  if (suspects.length === 0 || !can('environmentOf')) return;
  const damaged = need('environmentOf')(process.pid)
    .split('\0')
    .filter((line) => !isUtf8(latin1(line)));
  if (damaged.length === 0) return;
  const names = damaged.map((line) => latin1(line.slice(0, line.indexOf('='))).toString('utf8'));
  throw new CompanionError(
    'usage',
    `What stands in the environment as ${names.join(', ')} is not UTF-8 text, and would arrive changed. Nothing was started.`,
    { hint: `env ${names.map((name) => `-u ${name}`).join(' ')} codex-companion …` },
  );
}

/** True also where the platform does not show the raw bytes. */
export function argumentsAreUtf8(): boolean {
  return !can('ownArgumentBytes') || isUtf8(need('ownArgumentBytes')());
}

/** Throws a usage error where one of these values came as other bytes than these. `what`: of the sentence. */
export function requireUtf8(values: Iterable<string>, what: string): void {
  for (const value of values)
    if (value.includes(REPLACED) && !argumentsAreUtf8())
      throw new CompanionError('usage', `${what} is not UTF-8 text: ${echoed(value)}`, {
        hint: 'Give it a name that is, by a link to it.',
      });
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
