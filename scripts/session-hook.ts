/**
 * The hooks of both hosts, called through hooks/session-hook.sh: `session-hook HOST EVENT STARTED-IN`. Always exits 0:
 * whatever is wrong with us must not be in the way of a session. The second form, `follow-up JSON`, is what a hook
 * leaves to a process of its own.
 */
import { fileURLToPath } from 'node:url';
import type { HookCall } from './host/hook-call.ts';
import { sessionEnd } from './host/session-end.ts';
import { sessionStart } from './host/session-start.ts';
import { readEnvironment } from './process/environment.ts';
import { onWarning } from './state/warnings.ts';

/** Milliseconds from the start of node, below the hosts' own limits (SessionEnd: 1.5 s in Claude Code, 3 s in Codex). */
const LIMIT_MS = { SessionStart: 900, SessionEnd: 1_300 };

const program = fileURLToPath(import.meta.url);
const [first, second, third] = process.argv.slice(2);
onWarning(say);
try {
  if (first === 'follow-up') await runFollowUp(second ?? '');
  else await runHook(first ?? '', second ?? '', third ?? '/');
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
}
// A stdin that never ends would keep the process.
process.exit(0);

async function runHook(host: string, event: string, startedIn: string): Promise<void> {
  if (event !== 'SessionStart' && event !== 'SessionEnd') throw new Error(`there is no hook for "${event}".`);
  if (host !== 'claude-code' && host !== 'codex') throw new Error(`there is no host "${host}".`);
  setTimeout(() => process.exit(0), LIMIT_MS[event] - performance.now());
  const call: HookCall = { host, environment: readEnvironment(), startedIn, stdin: process.stdin, program };
  if (event === 'SessionEnd') return sessionEnd(call);
  const answer = await sessionStart(call);
  if (Object.keys(answer).length > 0) process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function runFollowUp(work: string): Promise<void> {
  const { followUp } = await import('./host/follow-up.ts');
  await followUp(readEnvironment(), program, JSON.parse(work));
}

function say(message: string): void {
  process.stderr.write(`codex-companion: ${message.replace(/\s+/g, ' ')}\n`);
}
