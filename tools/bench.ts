/**
 * The budgets, measured: `npm run bench` (all) or `npm run bench -- hook enqueue` (some).
 * Each figure is a ratio of two things measured in turn in this run, or a time, with its median and spread. Nothing here
 * passes or fails; absolute times of a shared machine mean little, ratios say more.
 */
import { type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../tests/support/wait.ts';
import { benchBroker } from './bench-broker.ts';
import { benchDigest } from './bench-digest.ts';
import { benchWait } from './bench-wait.ts';

const ROUNDS = 21;
const JOBS_AT_ONCE = Number(process.env.BENCH_JOBS ?? 200);
const OUTPUT_BYTES = 1024 ** 3;
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
  await measure('output', output);
  await measure('memory', manyAtOnce);
  await measure('status', statusOfMany);
  await measure('digest', () => benchDigest({ companion, workspace, env }));
  await measure('broker', benchBroker);
} finally {
  rmSync(folder, { recursive: true, force: true });
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

/** The writing itself, as the writer times it; and all of it, from the start of `run` to the end of `wait`. */
async function output(): Promise<void> {
  const stamp = join(folder, 'stamp');
  const write = `date +%s%N > ${stamp}; head -c ${OUTPUT_BYTES} /dev/zero; date +%s%N >> ${stamp}`;
  const file = join(folder, 'plain.out');
  const [inside, whole]: [number[], number[]] = [[], []];
  for (let round = 0; round < 6; round++) {
    // The space is given back before each, so that both find the same.
    rmSync(file, { force: true });
    const plain = timed(() => run('sh', ['-c', `{ ${write}; } > ${file}`]));
    const plainInside = span(stamp);
    rmSync(file);
    let id = '';
    const job = timed(() => {
      id = idOf(['run', '--background', '--json', '--', 'sh', '-c', write]);
      run(process.execPath, [companion, 'wait', id]);
    });
    truncateSync(logFileOf(id));
    if (round === 0) continue;
    inside.push(plainInside / span(stamp));
    whole.push(plain / job);
  }
  tell(`writing ${OUTPUT_BYTES / 1024 ** 2} MB in a job, rate`, inside, '× that of `cmd > file`', 2);
  tell('the same, from the start of `run --background` to the end of `wait`', whole, '×', 2);
  await memoryDuringOutput();
}

/** Milliseconds between the two times in the file. */
function span(stamp: string): number {
  const [begun = 0, ended = 0] = readFileSync(stamp, 'utf8').trim().split('\n').map(Number);
  return (ended - begun) / 1e6;
}

const WATCHERS = {
  'the wrapper': 'run-job.sh',
  '`wait`': 'companion.mjs wait',
  '`logs --follow`': 'companion.mjs logs',
};

/** Of a job that writes, and of those who follow it. The first quarter of the output holds the start of the programs. */
async function memoryDuringOutput(): Promise<void> {
  const id = idOf([
    'run',
    '--background',
    '--json',
    '--',
    'sh',
    '-c',
    `head -c ${OUTPUT_BYTES} /dev/urandom`,
  ]);
  const followers = [['wait'], ['logs', '--follow']].map((verb) =>
    spawn(process.execPath, [companion, ...verb, id], { cwd: workspace, env, stdio: 'ignore' }),
  );
  const log = logFileOf(id);
  const samples: { quarter: number; of: Map<string, number> }[] = [];
  while (followers.every((one) => one.exitCode === null)) {
    const ours = processes().filter(({ command }) => !command.includes('--become'));
    const of = new Map(
      Object.entries(WATCHERS).map(([name, pattern]) => [
        name,
        sum(ours.filter(({ command }) => command.includes(pattern)).map(({ pid }) => pssOf(pid))) / 1024,
      ]),
    );
    samples.push({ quarter: Math.floor((statSync(log).size * 4) / OUTPUT_BYTES), of });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const name of Object.keys(WATCHERS)) {
    const quarters = [1, 2, 3].map((quarter) =>
      median(samples.filter((one) => one.quarter === quarter).map((one) => one.of.get(name) ?? 0)).toFixed(1),
    );
    console.log(
      `PSS of ${name} while the job writes ${OUTPUT_BYTES / 1024 ** 2} MB: ${quarters.join(' / ')} MB in the 2nd, 3rd and 4th quarter`,
    );
  }
  await until('the job’s last step has ended', () => processes().length === 0, 60_000);
}

/** Summed PSS of everything that carries one of our jobs' cookies, the commands themselves left out. */
async function manyAtOnce(): Promise<void> {
  const started = performance.now();
  const enqueuing = Array.from({ length: JOBS_AT_ONCE }, () =>
    spawn(process.execPath, [companion, 'run', '--background', '--', 'sleep', '600'], {
      cwd: workspace,
      env,
      stdio: 'ignore',
    }),
  );
  await Promise.all(enqueuing.map((one) => new Promise((resolve) => one.on('exit', resolve))));
  console.log(
    `${JOBS_AT_ONCE} enqueues at once: ${Math.round(performance.now() - started)} ms until all have returned`,
  );
  const live = await until(
    'all jobs run',
    () => {
      const running = status().running.filter((job) => job.status === 'running');
      return running.length === JOBS_AT_ONCE && running;
    },
    60_000,
  );
  const kilobytes = processes()
    .filter(({ command }) => command.includes('run-job.sh') && !command.includes('--become'))
    .map(({ pid }) => pssOf(pid));
  console.log(
    `${live.length} jobs: ${(sum(kilobytes) / JOBS_AT_ONCE / 1024).toFixed(2)} MB PSS of ours per job (${kilobytes.length} processes)`,
  );
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

function tell(name: string, values: number[], unit: string, digits = 1): void {
  console.log(
    `${name}: median ${median(values).toFixed(digits)} ${unit} (${spread(values, digits)}; n=${values.length})`,
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

function idOf(args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [companion, ...args], {
    cwd: workspace,
    env,
    encoding: 'utf8',
  });
  const answer = JSON.parse(stdout || '{}') as { jobId?: string };
  if (!answer.jobId) throw new Error(`no job: ${stdout}${stderr}`);
  return answer.jobId;
}

function logFileOf(id: string): string {
  const { stdout } = spawnSync(process.execPath, [companion, 'status', '--json', id], {
    cwd: workspace,
    env,
    encoding: 'utf8',
  });
  return (JSON.parse(stdout) as { job: { logFile: string } }).job.logFile;
}

function cancelAll(): void {
  for (const { id } of status().running) run(process.execPath, [companion, 'cancel', id]);
}

function processes(): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const ours = readFileSync(`/proc/${name}/environ`, 'utf8').includes(env.CODEX_COMPANION_HOME);
        return ours ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // it ended, or is somebody else's
      }
    });
}

function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
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
