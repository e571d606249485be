import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../domain/base/duration.ts';
import { isOneShot } from '../../hosts/one-shot.ts';
import { clientAbove } from '../../hosts/origin.ts';
import { stateRoot } from '../../process/environment.ts';
import { readOwnFileIfAny } from '../../state/files/durable.ts';
import { sessionDirectory } from '../../state/layout.ts';
import { type OwnedJob, ownedJobs } from '../../state/session/owned-jobs.ts';
import { readSettings } from '../../state/workspace/settings.ts';
import { waitForJobs } from '../../use-cases/jobs/wait.ts';
import { workspaceAt } from '../../use-cases/reading/find-job.ts';
import { orPassOver } from '../../use-cases/reading/one-of-many.ts';
import { readJob } from '../../use-cases/reading/read-job.ts';
import { type HookAnswer, type HookCall, type HookedSession, hookedSession } from './hook-call.ts';
import { tellNow } from './tell.ts';
import { workspaceOf } from './workspace-of.ts';

const STDIN_UNTIL_MS = { known: 1_000, unknown: 1_000 };

/**
 * Stop, of a client that answers once and goes (`claude -p`), and only where the user asked for it (`setup --hold-one-shot-turn`): holds the turn open until the
 * session's jobs have ended, and makes it go on with what they ended with. Bounded: what is not over by then is said, and
 * told to a later session. Nothing else can tell a client that answers once and goes.
 */
export async function holdTurn(call: HookCall): Promise<HookAnswer> {
  const session = await hookedSession(call, STDIN_UNTIL_MS);
  const layout = workspaceOf(call, session);
  if (session.id === null || !layout) return {};
  const { holdOneShotTurnSeconds: limit } = readSettings(layout);
  if (limit === 0 || !isOneShot(call, clientAbove(call.host, call.environment))) return {};
  const root = stateRoot(call.environment);
  const name = { host: call.host, sessionId: session.id };
  const until = deadline(join(sessionDirectory(root, name.host, name.sessionId), 'held'), session, limit);
  const left = await untilEnded(root, ownedJobs(root, name), until - Date.now());
  const bundle = tellNow(call, session, 'stop');
  if (left.length === 0 || Date.now() < until) return goOnWith(bundle?.text, bundle?.said);
  if (session.input.stopHookActive && !bundle) return {}; // it has been said
  const sentence = stillRunning(left, limit);
  return goOnWith(bundle ? `${bundle.text}\n${sentence}` : sentence, bundle?.said);
}

/** When this turn is held no longer, ms since 1970: set where the turn first wanted to end, and kept for its further ends. */
function deadline(file: string, { input }: HookedSession, limitSeconds: number): number {
  const kept = input.stopHookActive ? Number(readOwnFileIfAny(file) ?? '') : 0;
  if (kept > 0) return kept;
  const until = Date.now() + limitSeconds * 1_000;
  writeFileSync(file, String(until), { mode: 0o600 });
  return until;
}

async function untilEnded(root: string, jobs: OwnedJob[], timeoutMs: number): Promise<string[]> {
  const found = jobs
    .map(({ id, workspaceDirectory }) => ({ id, layout: workspaceAt(root, workspaceDirectory) }))
    // A turn is not held open for what cannot be read.
    .filter(({ id, layout }) => orPassOver(id, () => readJob(layout, id)));
  const { readings } = await waitForJobs(found, { timeoutMs: Math.max(0, timeoutMs) });
  return readings.flatMap(({ facts }) => (facts.outcome ? [] : [facts.request.id]));
}

function goOnWith(reason: string | undefined, said?: () => void): HookAnswer {
  if (reason === undefined) return {};
  return { stdout: { decision: 'block', reason }, ...(said ? { said } : {}) };
}

function stillRunning(ids: string[], limitSeconds: number): string {
  const limit = formatDuration(limitSeconds * 1_000);
  const what =
    ids.length === 1
      ? `the background job ${ids[0]} still runs`
      : `these background jobs still run: ${ids.join(', ')}`;
  return `codex-companion: after ${limit}, for which this turn was held open, ${what}. The turn is not held any longer; they go on, and a later session is told of their end. To look: codex-companion status`;
}
