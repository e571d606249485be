/**
 * Runs the tests and proves that they left nothing behind.
 *   npm test                     all but tests/real
 *   npm test -- cancel           files whose path contains "cancel", else tests whose name matches it
 *   npm run test:real            tests/real: the real programs on a scripted model
 *   tsx tools/test.ts --all      both, as the gate does; files that failed are run a second time, alone, and named as FLAKY
 *                                where that passes, which fails all the same unless tools/flaky.ts excuses them
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { assertNoneLeft, describe, survivors } from '../tests/support/leaks.ts';
import { idleExcuses, judge } from './flaky.ts';
import { failedFiles, readEnds, recap, slowest, type TestEnd } from './recap.ts';

/** Long proofs take more: `npm run chaos:handover`. */
const FILE_LIMIT_MS = Number(process.env.TEST_LIMIT_MINUTES ?? 10) * 60_000;
/** No file may run longer than its limit, so a longer silence is a runner that waits for a leaked pipe. */
const SILENCE_LIMIT_MS = FILE_LIMIT_MS + 60_000;
/** A broker without holders goes by itself within 5 s; a busy machine takes longer. */
const LEAVE_MS = 60_000;

const root = join(import.meta.dirname, '..');
const cookie = `run-${randomBytes(8).toString('hex')}`;
// Short, because the path of a unix socket below it may have 104 bytes at most (macOS).
const temp = realpathSync(mkdtempSync('/tmp/cc-'));

/** Most files wait most of the time, for processes that start and end. */
const LANES = availableParallelism();

const REPORTER = join(import.meta.dirname, 'event-reporter.mjs');
const ENDS_FILE = 'how-the-tests-ended';

/** More files than that have not failed by chance. */
const SECOND_RUN_FILES = 3;

/** Of so many one sees at once what failed, and what took long. */
const FEW_FILES = 3;

const today = new Date().toISOString().slice(0, 10);

const selection = select();
const { passed, ends, flaky } = await run(selection);
const leaked = await reportLeftovers();
const idle = selection.twice ? idleExcuses(selection.files, today) : [];
for (const sentence of idle) console.error(sentence);
if (selection.files.length > FEW_FILES)
  for (const text of [slowest(ends), recap(ends, flaky)]) console.log(text);
process.exitCode = !passed || leaked || idle.length > 0 ? 1 : 0;

interface Selection {
  files: string[];
  /** how many files run at once */
  atOnce: number;
  namePattern?: string;
  /** failed files get a second run */
  twice?: boolean;
}

interface Run {
  passed: boolean;
  ends: TestEnd[];
}

/** The first run, and which of its failed files passed in the second. */
async function run(chosen: Selection): Promise<Run & { flaky: string[] }> {
  const runs: Run[] = [];
  for (const group of groupsOf(chosen)) runs.push(await runTests(group));
  const first = { passed: runs.every(({ passed }) => passed), ends: runs.flatMap(({ ends }) => ends) };
  const files = failedFiles(first.ends);
  if (first.passed || !chosen.twice || files.length === 0 || files.length > SECOND_RUN_FILES)
    return { ...first, flaky: [] };
  console.log(`\nFailed, and run once more, alone: ${files.join(', ')}`);
  const again = await runTests({ files, atOnce: 1 });
  const flaky = files.filter((file) => !failedFiles(again.ends).includes(file));
  if (!again.passed) return { ...first, flaky };
  const { excused, sentences } = judge(files, today);
  for (const sentence of sentences) console.log(sentence);
  return { ...first, passed: excused, flaky };
}

/**
 * The real clients take a core each, and some tests run several of them at once: two such files side by side starve each
 * other on two cores, and a client that is starved cuts its hooks off.
 */
function groupsOf(chosen: Selection): Selection[] {
  const alone = chosen.files.filter(isReal);
  const others = chosen.files.filter((file) => !isReal(file));
  return [
    { ...chosen, files: others },
    { ...chosen, files: alone, atOnce: 1 },
  ].filter(({ files }) => files.length > 0);
}

function isReal(file: string): boolean {
  return file.startsWith(`${join('tests', 'real')}${sep}`);
}

function select(): Selection {
  const { values, positionals } = parseArgs({
    options: { real: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [filter] = positionals;
  const files = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
    .map((path) => join('tests', path))
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => values.all || isReal(path) === (values.real || isReal(filter ?? '')))
    .sort();
  if (filter === undefined) return { files, atOnce: LANES, twice: values.all };
  const wanted = positionals.map((path) => relative(root, join(root, path)));
  const matching = files.filter((file) => wanted.some((part) => file.includes(part)));
  if (matching.length === 0 && filter.startsWith(`tests${sep}`))
    throw new Error(`No test file's path contains ${filter}.`);
  return matching.length > 0
    ? { files: matching, atOnce: LANES }
    : { files, atOnce: LANES, namePattern: filter };
}

/** One run of node's own test runner. */
async function runTests({ files, atOnce, namePattern }: Selection): Promise<Run> {
  const told = join(temp, ENDS_FILE);
  const runner = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', '--test', `--test-concurrency=${atOnce}`],
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...[`--test-reporter=${REPORTER}`, `--test-reporter-destination=${told}`],
      `--test-timeout=${FILE_LIMIT_MS}`,
      ...(namePattern === undefined ? [] : [`--test-name-pattern=${namePattern}`]),
      ...files,
    ],
    { cwd: root, env: testEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const endRun = () => {
    const there = ours().map(describe).join('\n');
    console.error(
      `\nNo output for ${SILENCE_LIMIT_MS / 60_000} minutes: the run is ended. Still there:\n${there}`,
    );
    endAll();
  };
  let silence = setTimeout(endRun, SILENCE_LIMIT_MS);
  runner.stdout.setEncoding('utf8').on('data', (text: string) => {
    clearTimeout(silence);
    silence = setTimeout(endRun, SILENCE_LIMIT_MS);
    process.stdout.write(text);
  });
  const status = await new Promise<number>((resolve, reject) => {
    runner.on('error', reject);
    runner.on('close', (code) => resolve(code ?? 1));
  });
  clearTimeout(silence);
  const ends = readEnds(readFileSync(told, 'utf8'), root);
  rmSync(told);
  return { passed: status === 0, ends };
}

/** What every test inherits. A test that scrubs the environment still keeps its files below TMPDIR. */
function testEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CODEX_COMPANION_TEST_RUN: cookie, TMPDIR: temp };
}

/** Says in one line that nothing is left, or names what is, ends it and returns true. */
async function reportLeftovers(): Promise<boolean> {
  const processes = await leftProcesses();
  // tsx keeps its compiled files in the temp directory: they are the runner's, not the suite's.
  const files = readdirSync(temp, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !/^tsx-\d+/.test(path),
  );
  if (processes.length > 0) console.error(`left behind, ended now:\n${processes.join('\n')}`);
  if (files.length > 0)
    console.error(`left behind in ${temp}, removed now:\n  ${files.slice(0, 40).join('\n  ')}`);
  endAll();
  rmSync(temp, { recursive: true, force: true });
  const leaked = processes.length + files.length > 0;
  if (!leaked) console.log('left behind: no process, no temp file');
  return leaked;
}

async function leftProcesses(): Promise<string[]> {
  await Promise.allSettled([assertNoneLeft(cookie, LEAVE_MS), assertNoneLeft(temp, LEAVE_MS)]);
  return ours().map(describe);
}

function endAll(): void {
  for (const { pid } of ours()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended by itself since it was listed.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Processes of this run: they inherited its cookie, or were told of its temp directory. */
function ours() {
  return [...new Map([...survivors(cookie), ...survivors(temp)].map((found) => [found.pid, found])).values()];
}
