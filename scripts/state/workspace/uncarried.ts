import { appendFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { removeIfAny } from '../files/durable.ts';

/**
 * Notices that sessions of a workspace left behind in too great a number to be told by name: settled, and told as a number to
 * later sessions. In the workspace's directory `uncarried` has a byte for each, `uncarried-told` one for each time that the number was
 * told: appended, so that nobody needs a lock.
 */

const files = (workspaceDirectory: string) => ({
  number: join(workspaceDirectory, 'uncarried'),
  told: join(workspaceDirectory, 'uncarried-told'),
});

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

export function addUncarried(workspaceDirectory: string, count: number): void {
  append(files(workspaceDirectory).number, count);
}

export function uncarriedIn(workspaceDirectory: string): number {
  return sizeOf(files(workspaceDirectory).number);
}

/** The number was told: `enough` says after how many times it is told no more. */
export function uncarriedTold(workspaceDirectory: string, enough: (times: number) => boolean): void {
  const { number, told } = files(workspaceDirectory);
  if (!existsSync(number)) return;
  append(told, 1);
  if (enough(sizeOf(told))) for (const file of [number, told]) removeIfAny(file);
}

function append(file: string, count: number): void {
  try {
    appendFileSync(file, '.'.repeat(count), { mode: 0o600 });
  } catch (error) {
    if (systemCode(error) === undefined) throw error; // a full disk, or a workspace that is gone: `status` has them
  }
}
