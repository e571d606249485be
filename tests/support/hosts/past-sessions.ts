import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enterNoted } from '../../../scripts/state/session/noted.ts';
import { until } from '../wait.ts';
import type { World } from '../world.ts';
import { sessionJob } from './hooks.ts';

export interface Past {
  /** that are over */
  sessions: number;
  /** of those sessions, in turn, all finished */
  jobs: number;
  /** of those jobs, the newest, whose notices nobody has been told */
  owed: number;
}

/**
 * A state root as many sessions leave it, written as copies of one real job: to run them all would take hours. Returns the ids of
 * the jobs, the oldest first.
 */
export async function pastSessions(world: World, { sessions, jobs, owed }: Past): Promise<string[]> {
  const pattern = readPattern(world, await finishedJob(world));
  const names = Array.from({ length: sessions }, (_, number) => `past-${number}`);
  for (const name of names) overSession(world, name);
  const begun = Date.now() - jobs;
  return Array.from({ length: jobs }, (_, number) => {
    const id = `run-${(begun + number).toString(36)}-${randomBytes(4).toString('hex')}`;
    const session = names[number % sessions] ?? '';
    copyJob(world, pattern, id, session);
    if (number >= jobs - owed) oweFor(world, id, session);
    return id;
  });
}

async function finishedJob(world: World): Promise<string> {
  const { id } = await sessionJob(world, { session: 'pattern', background: true, command: ['true'] });
  await world.untilStage(id, 'finished');
  // Its last step, which enters it in the history, and the sweep that follows have ended, too.
  await until('all of the job has ended', () => world.processes().length === 0);
  rmSync(sessionOf(world, 'pattern'), { recursive: true });
  return id;
}

function overSession(world: World, sessionId: string): void {
  const directory = sessionOf(world, sessionId);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const note = { host: 'claude-code', sessionId, client: null };
  const start = { startedAt: new Date().toISOString(), transcriptPath: null };
  const content = { ...note, ...start, workspaceDirectory: world.context().layout.directory };
  for (const name of ['client.unseen', 'session.json'])
    writeFileSync(join(directory, name), JSON.stringify(content), { mode: 0o600 });
  for (const name of ['ended.unseen', 'ended']) writeFileSync(join(directory, name), '', { mode: 0o600 });
}

interface Pattern {
  id: string;
  /** the files of its directory that say how it was and how it ended, by name */
  files: Record<string, string>;
  /** its line in the history */
  line: string;
}

function readPattern(world: World, id: string): Pattern {
  const { jobs, historyFile } = world.context().layout;
  const read = (name: string) => [name, readFileSync(join(jobs, id, name), 'utf8')] as const;
  const [line = ''] = readFileSync(historyFile, 'utf8').split('\n');
  return { id, files: Object.fromEntries(['request.json', 'outcome.json'].map(read)), line };
}

function copyJob(world: World, pattern: Pattern, id: string, session: string): void {
  const { jobs, historyFile } = world.context().layout;
  const of = (text: string) => text.replaceAll(pattern.id, id).replaceAll('"pattern"', `"${session}"`);
  mkdirSync(join(jobs, id), { mode: 0o700 });
  for (const [name, text] of Object.entries(pattern.files))
    writeFileSync(join(jobs, id, name), of(text), { mode: 0o600 });
  appendFileSync(historyFile, `${of(pattern.line)}\n`);
}

function oweFor(world: World, id: string, session: string): void {
  const owed = join(sessionOf(world, session), 'owed');
  mkdirSync(owed, { recursive: true, mode: 0o700 });
  writeFileSync(join(owed, id), world.context().layout.directory, { mode: 0o600 });
  enterNoted(sessionOf(world, session), world.context().layout);
}

function sessionOf(world: World, sessionId: string): string {
  return join(world.stateRoot, 'sessions', `claude-code-${sessionId}`);
}
