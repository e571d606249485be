import { join } from 'node:path';
import { pluginOf } from '../tests/support/hosts/hooks.ts';
import { pastSessions } from '../tests/support/hosts/past-sessions.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { ratio } from './measure.ts';
import { companionOf, runIn } from './programs.ts';
import type { Figure } from './table.ts';

/** A tenth of it, say, by `PAST=0.1 npm run bench -- past`: the whole takes minutes to write. */
const SHARE = Number(process.env.PAST ?? 1);
const MANY = { sessions: 5_000 * SHARE, jobs: 20_000 * SHARE, owed: 1_000 * SHARE };
const FEW = { sessions: 1, jobs: 1, owed: 1 };

/** What hooks and verbs cost after many sessions, against after one: first as they left the state root, then once swept. */
export async function past(): Promise<Figure[]> {
  await using many = await aWorkspace();
  await using few = await aWorkspace();
  for (const [world, past] of [[many, MANY] as const, [few, FEW] as const]) await pastSessions(world, past);
  const unswept = measure('unswept', many, few);
  const begun = performance.now();
  for (const world of [many, few]) await world.cli('sweep');
  const swept = ((performance.now() - begun) / 1000).toFixed(1);
  const sweep = { what: `sweep after ${MANY.sessions} sessions`, figure: `${swept} s`, detail: 'the first' };
  return [...unswept, sweep, ...measure('swept', many, few)];
}

function measure(when: string, many: World, few: World): Figure[] {
  const of = (what: string, act: (world: World) => void) =>
    ratio(`${what} after ${MANY.sessions} sessions, ${MANY.owed} notices owed, ${when}`, 'after one', [
      () => act(many),
      () => act(few),
    ]);
  let starts = 0;
  return [
    // Each its own session, which stays: nobody ends it.
    of('SessionStart', (world) => hook(world, 'claude-code', 'SessionStart', `bench-${when}-${starts++}`)),
    of('UserPromptSubmit', (world) => hook(world, 'claude-code', 'UserPromptSubmit', `bench-${when}-0`)),
    of('UserPromptSubmit of Codex', (world) => hook(world, 'codex', 'UserPromptSubmit', 'thread-1')),
    of('run -- true', (world) => runIn(world, process.execPath, [companionOf(world), 'run', '--', 'true'])),
    of('status', (world) => runIn(world, process.execPath, [companionOf(world), 'status'])),
  ];
}

function hook(world: World, host: string, event: string, session: string): void {
  const file = join(pluginOf(world), 'hooks/session-hook.sh');
  const input = JSON.stringify({ session_id: session, hook_event_name: event, cwd: world.workspace });
  const env = host === 'codex' ? world.env : { ...world.env, CLAUDE_CODE_SESSION_ID: session };
  runIn(world, 'sh', [file, host, event], { input, env });
}
