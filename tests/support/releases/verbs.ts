import assert from 'node:assert/strict';
import type { CliResult, World } from '../world.ts';
import type { Release } from './release.ts';

/** Says one word, waits until the test opens the gate, says another one and fails with 3. */
export const AT_THE_GATE = [
  'sh',
  '-c',
  'echo first; until [ -e gate ]; do sleep 0.05; done; echo last; exit 3',
];

export function openGate(world: World): void {
  world.write('gate', '');
}

/** A verb of a release; of this build where none is named. */
export function by(world: World, from: Release | undefined, ...args: string[]): Promise<CliResult> {
  return world.cliWith(from ? { program: from.program } : {}, ...args);
}

export function run(world: World, from: Release | undefined, ...command: string[]): Promise<string> {
  return runWith(world, from, '--', ...command);
}

export async function runWith(world: World, from: Release | undefined, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await by(world, from, 'run', '--background', '--json', ...args);
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout).jobId;
}

/** A background job of the session `mine`. */
export async function sessionRun(world: World, { program }: Release, ...command: string[]): Promise<string> {
  const env = { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'mine' };
  const { json } = await world.cliWith({ env, program }, 'run', '--background', '--json', '--', ...command);
  return json.jobId;
}

export async function task(world: World, from: Release | undefined, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await by(world, from, 'task', '--background', '--json', ...args);
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout).jobId;
}

export function shown(job: { id: string; status: string; phase: string; background: boolean }): unknown[] {
  return [job.id, job.status, job.phase, job.background];
}
