/**
 * The budgets, measured: `npm run bench` (all) or `npm run bench -- hook enqueue` (some).
 * Each figure is a ratio of two things measured in turn in this run, or a time, with its median and spread. Nothing here
 * passes or fails; absolute times of a shared machine mean little, ratios say more.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { benchBroker } from './bench-broker.ts';
import { benchDigest } from './bench-digest.ts';
import { benchLexer } from './bench-lexer.ts';
import { benchMemory, benchOutput } from './bench-output.ts';
import { benchWait } from './bench-wait.ts';

const ROUNDS = 21;
const MANY_JOBS = 10_000;

const root = join(import.meta.dirname, '..');
const companion = join(root, 'dist', 'companion.mjs');
const hook = join(root, 'hooks', 'session-hook.sh');
const wanted = process.argv.slice(2);

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccb-')));
const workspace = join(folder, 'project');
const env = {
  PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
  HOME: join(folder, 'home'),
  LANG: 'C.UTF-8',
  CODEX_COMPANION_HOME: join(folder, 'state'),
};
for (const directory of [workspace, env.HOME]) mkdirSync(directory);

try {
  await measure('hook', hooks);
  await measure('enqueue', enqueue);
  await measure('wait', benchWait);
  await measure('output', benchOutput);
  await measure('memory', benchMemory);
  await measure('status', statusOfMany);
  await measure('digest', () => benchDigest({ companion, workspace, env }));
  await measure('broker', benchBroker);
  await measure('lexer', benchLexer);
} finally {
  // The last step of the last job may still be at it: what it writes is there when a sweep is through.
  run(process.execPath, [companion, 'sweep']);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
}

async function measure(name: string, bench: () => void | Promise<void>): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  await bench();
}

function hooks(): void {
  const input = JSON.stringify({
    session_id: 'bench',
    hook_event_name: 'SessionEnd',
    reason: 'other',
    cwd: workspace,
  });
  const session = { ...env, CLAUDE_CODE_SESSION_ID: 'bench' };
  ratio('SessionEnd hook, nothing to do', 'sh -c "cat >/dev/null"', [
    () => run('sh', [hook, 'claude-code', 'SessionEnd'], { input, env: session }),
    () => run('sh', ['-c', 'cat >/dev/null'], { input }),
  ]);
  const before = (command: string) => ({
    input: JSON.stringify({
      ...{ session_id: 'bench', hook_event_name: 'PreToolUse', cwd: workspace, tool_use_id: 'toolu_1' },
      ...{ tool_name: 'Bash', tool_input: { command, description: 'A command' } },
    }),
    env: session,
  });
  for (const command of ['npm test', 'cd app && npm test 2>&1 | tail -40'])
    ratio(`PreToolUse hook, ${command}`, 'sh -c "cat >/dev/null"', [
      () => run('sh', [hook, 'claude-code', 'PreToolUse'], before(command)),
      () => run('sh', ['-c', 'cat >/dev/null'], before(command)),
    ]);
  ratio('PreToolUse hook, npm run dev &', 'node -e 0', [
    () => run('sh', [hook, 'claude-code', 'PreToolUse'], before('npm run dev &')),
    () => run(process.execPath, ['-e', '0']),
  ]);
  const start = JSON.stringify({
    session_id: 'bench',
    hook_event_name: 'SessionStart',
    source: 'startup',
    cwd: workspace,
  });
  ratio('SessionStart hook', 'node -e 0', [
    () => run('sh', [hook, 'claude-code', 'SessionStart'], { input: start, env: session }),
    () => run(process.execPath, ['-e', '0']),
  ]);
}

function enqueue(): void {
  ratio('run --background (enqueue returns)', 'node -e 0', [
    () => run(process.execPath, [companion, 'run', '--background', '--', 'sleep', '600']),
    () => run(process.execPath, ['-e', '0']),
  ]);
  cancelAll();
}

/** A workspace with ten thousand finished jobs beside an empty one: their indexes are what `status` reads. */
function statusOfMany(): void {
  const other = join(folder, 'many');
  mkdirSync(other);
  run(process.execPath, [companion, 'run', '--', 'true'], { cwd: other });
  const directory =
    readdirSync(join(env.CODEX_COMPANION_HOME, 'workspaces')).find((name) => name.startsWith('many-')) ?? '';
  const jobs = join(env.CODEX_COMPANION_HOME, 'workspaces', directory, 'jobs');
  const [pattern = ''] = readdirSync(jobs);
  // Its result can be read right before its last step enters it in the history.
  run(process.execPath, [companion, 'sweep'], { cwd: other });
  const history = readFileSync(join(jobs, '..', 'history.jsonl'), 'utf8');
  for (let copy = 0; copy < MANY_JOBS; copy++) {
    const id = `run-${randomBytes(4).toString('hex')}-${randomBytes(4).toString('hex')}`;
    mkdirSync(join(jobs, id), { mode: 0o700 });
    for (const file of ['request.json', 'outcome.json']) {
      writeFileSync(
        join(jobs, id, file),
        readFileSync(join(jobs, pattern, file), 'utf8').replaceAll(pattern, id),
        { mode: 0o600 },
      );
    }
    appendFileSync(join(jobs, '..', 'history.jsonl'), history.replaceAll(pattern, id));
  }
  run(process.execPath, [companion, 'run', '--', 'true']);
  ratio(`status at ${MANY_JOBS} jobs`, 'status at a few', [
    () => run(process.execPath, [companion, 'status'], { cwd: other }),
    () => run(process.execPath, [companion, 'status']),
  ]);
}

// --- how it is measured -------------------------------------------------------------------------------------

/** Runs the two in turn, so that a drift of the machine hits both; prints the medians and the ratio's spread. */
function ratio(name: string, reference: string, [a, b]: [() => void, () => void], rounds = ROUNDS): void {
  a();
  b();
  const pairs = Array.from({ length: rounds }, () => [timed(a), timed(b)] as const);
  const ratios = pairs.map(([one, other]) => one / other);
  const medians = [pairs.map(([one]) => one), pairs.map(([, other]) => other)].map((times) =>
    median(times).toFixed(1),
  );
  console.log(
    `${name}: ${median(ratios).toFixed(2)} × ${reference} (${medians.join(' / ')} ms; ${spread(ratios, 2)}; n=${rounds})`,
  );
}

function timed(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function run(command: string, args: string[], options: SpawnSyncOptions = {}): void {
  const result = spawnSync(command, args, {
    cwd: workspace,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
    input: '',
    ...options,
  });
  // A hook with nothing to do does not read its stdin.
  if (result.error && (result.error as NodeJS.ErrnoException).code !== 'EPIPE') throw result.error;
}

interface StatusAnswer {
  running: { id: string; status: string }[];
}

function status(): StatusAnswer {
  const { stdout } = spawnSync(process.execPath, [companion, 'status', '--json'], {
    cwd: workspace,
    env,
    encoding: 'utf8',
  });
  return JSON.parse(stdout) as StatusAnswer;
}

function cancelAll(): void {
  for (const { id } of status().running) run(process.execPath, [companion, 'cancel', id]);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

function spread(values: number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
