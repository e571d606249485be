import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askCodex, locateCodex } from '../../codex/program/locate.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import { HOSTS } from '../../hosts/hosts.ts';
import { commandLineOf } from '../../process/command-line.ts';
import type { Environment } from '../../process/environment.ts';
import { runProgram } from '../../process/program/run-program.ts';
import { SH } from '../../process/shell.ts';
import { cookieOf, processTable } from '../../process/table.ts';
import { findWorkspaceRoot, workspaceLayout } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';

/** Where the demonstration plays: everything of it lies in `folder`. */
export interface Stage {
  folder: string;
  workspace: string;
  stateRoot: string;
  /** this program, for starting it as the agent's shell would */
  program: string;
  /** the hook that both hosts call */
  hook: string;
  environment: Environment;
  shellOnly: boolean;
  say: (line: string) => void;
}

const CODEX_PROMPT =
  'Reply with one short sentence that says that you work in the background. Do not run any commands.';
const SHELL_JOB =
  'for i in 1 2 3 4 5 6; do echo "working: step $i of 6"; sleep 0.5; done; echo "the work is done"';
/** What a job leaves has to be gone within 5 s of its end. */
const LEAVE_MS = 5_000;
const LIMIT_MS = 180_000;
const LOGIN_LIMIT_MS = 15_000;

/** Plays the main job on real processes and tells each step; false where something was not as promised. */
export async function tellTheStory(stage: Stage): Promise<boolean> {
  const session = randomUUID();
  const useCodex = await chooseJob(stage);
  let promised = true;
  const check = (holds: boolean, fact: string) => {
    stage.say(`   ${holds ? '✔' : '✖'} ${fact}`);
    promised &&= holds;
  };

  stage.say('\n1. A session starts: the real SessionStart hook is called.');
  await callHook(stage, 'SessionStart', session, { source: 'startup', cwd: stage.workspace });
  check(existsSync(join(stage.stateRoot, 'workspaces')), 'the session is registered');

  stage.say('\n2. The agent enqueues a background job.');
  const work = useCodex ? ['task', '--background', '--json', CODEX_PROMPT] : shellJob();
  const enqueued = Date.now();
  const { jobId } = await answer(stage, session, work);
  stage.say(`   ${jobId} accepted after ${Date.now() - enqueued} ms`);

  stage.say('\n3. The session ends: the real SessionEnd hook is called.');
  await callHook(stage, 'SessionEnd', session, { reason: 'prompt_input_exit', cwd: stage.workspace });
  const { job } = await answer(stage, undefined, ['status', jobId, '--json']);
  check(
    ['queued', 'running', 'completed'].includes(job.status),
    `the job survives; asked without a session it reads "${job.status}"`,
  );
  check(job.background === true, 'its record still says background: true');

  stage.say('\n4. Somebody else waits for it and reads the result.');
  const waited = await answer(stage, undefined, ['wait', jobId, '--json', '--timeout', '150s']);
  check(
    waited.jobs[0]?.status === 'completed',
    `it ended: ${waited.jobs[0]?.outcome?.reason ?? waited.jobs[0]?.status}`,
  );
  const result = await companion(stage, undefined, ['result', jobId]);
  for (const line of result.trimEnd().split('\n')) stage.say(`   │ ${line}`);

  stage.say('\n5. Nothing is left running.');
  const took = await untilGone(stage, jobId);
  check(
    took !== undefined,
    took === undefined
      ? `still there after ${LEAVE_MS} ms: ${leftOf(stage, jobId).join(', ')}`
      : `no process, no socket, no broker record ${took} ms after that`,
  );

  stage.say(
    promised
      ? '\nThat is the main job. The demonstration’s files are removed.'
      : '\nSomething was not as promised; see ✖ above.',
  );
  return promised;
}

function shellJob(): string[] {
  return ['run', '--background', '--json', '--', 'sh', '-c', SHELL_JOB];
}

/** The real codex where it is installed and logged in; says which and why. */
async function chooseJob(stage: Stage): Promise<boolean> {
  const why = stage.shellOnly ? 'as asked for by --shell' : await codexProblem(stage);
  stage.say(
    why === undefined ? 'A demonstration with the real codex.' : `A demonstration with a shell job (${why}).`,
  );
  return why === undefined;
}

async function codexProblem({ environment, workspace }: Stage): Promise<string | undefined> {
  try {
    const codex = locateCodex(environment, workspace);
    const question = { environment, workspace, limitMs: LOGIN_LIMIT_MS };
    const login = await askCodex(codex, ['login', 'status'], question);
    return login.succeeded ? undefined : 'codex is installed but not logged in';
  } catch (error) {
    if (error instanceof CompanionError) return 'codex is not installed';
    throw error;
  }
}

/** As a host does: the session's variables in the environment, the call as JSON on stdin. */
async function callHook(
  stage: Stage,
  event: string,
  session: string,
  call: Record<string, unknown>,
): Promise<void> {
  const input = JSON.stringify({ session_id: session, hook_event_name: event, ...call });
  const args = [stage.hook, 'claude-code', event];
  const hook = await runProgram(SH, args, { ...questionOf(stage, session), input });
  if (!hook.succeeded) throw new Error(`The ${event} hook failed: ${hook.sentence}.`);
}

async function companion(stage: Stage, session: string | undefined, args: string[]): Promise<string> {
  const told = await runProgram(process.execPath, [stage.program, ...args], questionOf(stage, session));
  if (!told.succeeded && told.cause !== 'failed') throw new Error(told.sentence);
  return told.stdout || told.stderr;
}

function questionOf(stage: Stage, session: string | undefined) {
  const { workspace } = stage;
  return { environment: environmentOf(stage, session), workspace, cwd: workspace, limitMs: LIMIT_MS };
}

// biome-ignore lint/suspicious/noExplicitAny: our own JSON, whose keys are the command line's contract
async function answer(stage: Stage, session: string | undefined, args: string[]): Promise<any> {
  const text = await companion(stage, session, args);
  const value = JSON.parse(text);
  if (value.error)
    throw new CompanionError(value.error.code, value.error.message, { hint: value.error.hint });
  return value;
}

function environmentOf(stage: Stage, session: string | undefined): Environment {
  const rest = { ...stage.environment };
  for (const { variables } of Object.values(HOSTS)) for (const name of variables.session) delete rest[name];
  const path = `${dirname(process.execPath)}:${rest.PATH ?? '/usr/bin:/bin'}`;
  const own = { ...rest, PATH: path, CODEX_COMPANION_HOME: stage.stateRoot };
  return session === undefined ? own : { ...own, CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: session };
}

/** Milliseconds until nothing of the job was left, or undefined. */
async function untilGone(stage: Stage, jobId: string): Promise<number | undefined> {
  const start = Date.now();
  while (leftOf(stage, jobId).length > 0) {
    if (Date.now() - start > LEAVE_MS) return undefined;
    await delay(50);
  }
  return Date.now() - start;
}

/** Processes with the job's cookie or started from this demonstration's state, sockets, and the broker on record. */
function leftOf(stage: Stage, jobId: string): string[] {
  const processes = [...processTable().values()]
    .filter(
      ({ pid }) =>
        pid !== process.pid && (cookieOf(pid) === jobId || commandLineOf(pid).includes(stage.stateRoot)),
    )
    .map(({ pid, comm }) => `process ${pid} (${comm})`);
  const run = join(stage.stateRoot, 'run');
  const sockets = existsSync(run) ? readdirSync(run).map((name) => `socket ${name}`) : [];
  // From the record itself: `status` passes over brokers that are dead, and those would be left, too.
  const { brokers } = readState(workspaceLayout(stage.stateRoot, findWorkspaceRoot(stage.workspace)));
  return [...processes, ...sockets, ...brokers.map(({ id }) => `broker ${id} on record`)];
}
