/**
 * The hooks of all hosts, called through hooks/session-hook.sh: `session-hook HOST EVENT STARTED-IN`. Exits 0, whatever
 * is wrong with us must not be in the way of a session; only a notice that wakes the agent exits 2. The second form,
 * `follow-up JSON`, is what a hook leaves to a process of its own; the third, `promote TICKETS MARK STEP SHELL SNAPSHOT`, runs in
 * the agent's shell, where it exits with 0 if the command has become a job.
 */
import { aHostName } from './domain/base/hosts.ts';
import { inert } from './domain/text/harmless.ts';
import { holdTurn } from './faces/hooks/hold-turn.ts';
import type { HookAnswer, HookCall } from './faces/hooks/hook-call.ts';
import { preToolUse } from './faces/hooks/pre-tool-use.ts';
import { sessionEnd } from './faces/hooks/session-end.ts';
import { sessionStart } from './faces/hooks/session-start.ts';
import { fileChanged, tellAtStop, userPromptSubmit } from './faces/hooks/tell.ts';
import type { HookEvent } from './hosts/host.ts';
import { HOSTS } from './hosts/hosts.ts';
import { readEnvironment } from './process/environment.ts';
import { thisPlatform } from './process/platform/this-platform.ts';
import { writeAll } from './state/files/durable.ts';
import { onWarning, TOLD_AT_MOST } from './state/files/warnings.ts';

/**
 * Milliseconds from the start of node, below the hosts' own limits (SessionEnd: 1.5 s in Claude Code, 3 s in Codex).
 * Stop, which holds a turn open, has its own.
 */
const LIMIT_MS: Partial<Record<HookEvent, number>> = {
  SessionStart: 3_000,
  SessionEnd: 1_300,
  UserPromptSubmit: 2_000,
  FileChanged: 15_000,
  PreToolUse: 8_000,
};

const HOOKS: Record<HookEvent, (call: HookCall) => Promise<HookAnswer>> = {
  SessionStart: sessionStart,
  SessionEnd: sessionEnd,
  UserPromptSubmit: userPromptSubmit,
  FileChanged: fileChanged,
  Stop: (call) => AT_STOP[HOSTS[call.host].hooks.atStop](call),
  PreToolUse: preToolUse,
};

const AT_STOP = { tell: tellAtStop, hold: holdTurn };

/** The command has not become a job, or nobody can say so: the shell looks at its step then. */
const EXIT_NOT_PROMOTED = 3;

const program = import.meta.filename;

onWarning(say, TOLD_AT_MOST);
// A stdin that never ends would keep the process.
void main(process.argv.slice(2)).then((status) => process.exit(status));

async function main([first, second, third, ...others]: string[]): Promise<number> {
  try {
    if (first === 'promote') return await runPromotion(second ?? '', third ?? '', others);
    if (first !== 'follow-up') return await runHook(first ?? '', second ?? '', third ?? '/');
    await runFollowUp(second ?? '');
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    if (first === 'promote') return EXIT_NOT_PROMOTED;
  }
  return 0;
}

async function runHook(calling: string, event: string, startedIn: string): Promise<number> {
  thisPlatform(); // refuses a system as a whole
  const host = aHostName(calling, 'the host');
  if (!isEvent(event)) throw new Error(`there is no hook for "${event}".`);
  const limit = LIMIT_MS[event];
  if (limit !== undefined) setTimeout(() => process.exit(0), limit - performance.now());
  const answer = await HOOKS[event]({
    host,
    environment: readEnvironment(),
    startedIn,
    stdin: process.stdin,
    program,
  });
  return give(answer);
}

function isEvent(event: string): event is HookEvent {
  return Object.hasOwn(HOOKS, event);
}

/** In one step, so that nothing comes between what was said and saying it. Returns the exit status. */
function give({ stdout = {}, stderr, said }: HookAnswer): number {
  // A directory or a host's file may be named in it.
  if (stdout.systemMessage !== undefined) stdout.systemMessage = inert(stdout.systemMessage);
  said?.();
  if (Object.keys(stdout).length > 0) writeAll(1, `${JSON.stringify(stdout)}\n`);
  if (stderr === undefined) return 0;
  writeAll(2, `${stderr}\n`);
  return 2;
}

async function runFollowUp(work: string): Promise<void> {
  const { followUp } = await import('./faces/hooks/follow-up.ts');
  await followUp(readEnvironment(), program, JSON.parse(work));
}

async function runPromotion(
  tickets: string,
  mark: string,
  [step = '', shell = '', snapshot = '']: string[],
): Promise<number> {
  const { promote } = await import('./faces/hooks/promote.ts');
  const call = { environment: readEnvironment(), program, tickets, mark, step, shell, snapshot };
  return (await promote(call, process.stdin, process.stdout)) ? 0 : EXIT_NOT_PROMOTED;
}

function say(message: string): void {
  process.stderr.write(`codex-companion: ${inert(message).replace(/\s+/g, ' ')}\n`);
}
