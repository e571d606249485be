/**
 * Runs as a child of pid 1 in a pid namespace of its own (tests/stories/processes/zoo.test.ts), so that it can say of every process
 * whose it is: starts each animal as a job among innocents, cancels one after the other, and looks who is dead. Prints
 * what it saw as JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLineOf } from '../../../scripts/process/command-line.ts';
import { readStat } from '../../../scripts/process/identity.ts';
import { processTable } from '../../../scripts/process/table.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { enqueue } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { long } from '../long.ts';
import { spawnWithPid } from '../scenarios/chosen-pid.ts';
import { until } from '../wait.ts';
import { ANIMALS, type Animal } from './animals.ts';

export interface Sighting {
  name: string;
  reach: Animal['reach'];
  /** null: not here, because a program that it takes is missing */
  jobId: string | null;
  exit: number | null;
  processes: number;
  stopped: number;
  left: string[];
  /** alive after cancel and not named as left */
  escaped: string[];
  /** processes of others that died meanwhile */
  hurt: string[];
}

const [companion = ''] = process.argv.slice(2);
const pen = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'zoo-'));

function cli(
  verb: string,
  ...args: string[]
): { status: number | null; json: Record<string, unknown>; said: string } {
  const options = { encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [companion, verb, '--json', ...args],
    options,
  );
  return { status, json: JSON.parse(stdout || '{}'), said: stdout + stderr };
}

const ARGUMENTS = {
  sh: (text: string) => ['sh', '-c', text, 'sh'],
  bash: (text: string) => ['bash', '-c', text, 'bash'],
  perl: (text: string) => ['perl', '-e', text],
  python3: (text: string) => ['python3', '-c', text],
};

const present = (program: string) =>
  spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0 &&
  (program !== 'python3' || spawnSync('python3', ['-c', 'import ctypes, threading']).status === 0);

interface Born {
  pid: number;
  start: string;
}

const living = (): Born[] => [...processTable().values()].map(({ pid, start }) => ({ pid, start }));
const lives = ({ pid, start }: Born) => readStat(pid)?.start === start;
const dead = (one: Born) => !lives(one);
const describe = (pid: number) => `${pid} ${commandLineOf(pid) || readStat(pid)?.comm}`;

interface Caged {
  animal: Animal;
  jobId: string;
  own: Born[];
}

const here = (animal: Animal) => [animal.program, ...(animal.needs ?? [])].every(present);

async function start(animal: Animal, number: number): Promise<Caged> {
  const before = living();
  const ready = join(pen, String(number));
  const { id } = await enqueue(makeContext(process.env, process.cwd(), dirname(companion)), {
    ...{ kind: 'run', title: animal.name, summary: animal.name, background: true, origin: null },
    limits: { deadlineSeconds: 0, stallSeconds: 0 },
    spec: { argv: [...ARGUMENTS[animal.program](animal.text), ready] },
  });
  await until(`"${animal.name}" is ready`, () => existsSync(ready));
  const own = await settled(before);
  return { animal, jobId: id, own };
}

/** The wrapper and the finish step, which end by themselves. */
const isOurs = (pid: number) => /run-job\.sh|worker\.mjs/.test(commandLineOf(pid));

/** What has come since, as soon as two looks agree. A restless animal never comes to that. */
async function settled(before: Born[]): Promise<Born[]> {
  const known = new Set(before.map(({ pid, start }) => `${pid} ${start}`));
  const news = () => living().filter(({ pid, start }) => !known.has(`${pid} ${start}`) && !isOurs(pid));
  const pids = (them: Born[]) => them.map(({ pid }) => pid).join();
  let last = news();
  for (let look = 0; look < 20; look++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const now = news();
    if (pids(now) === pids(last)) return now;
    last = now;
  }
  return last;
}

const workspaces = join(process.env.CODEX_COMPANION_HOME ?? '', 'workspaces');
const directoryOf = (jobId: string) => join(workspaces, readdirSync(workspaces)[0] ?? '', 'jobs', jobId);
const logOf = (jobId: string) => join(directoryOf(jobId), 'output.log');

interface Innocent extends Born {
  who: string;
}

/** Whom nobody may signal: they read the log of a job, or write to it, but are no part of it. */
function innocents(jobId: string): Innocent[] {
  const roles = {
    reader: 'exec tail -f "$1"',
    editor: 'exec 9<>"$1"; exec sleep 1000',
    appender: 'exec 9>>"$1"; exec sleep 1000',
  };
  return Object.entries(roles).map(([role, line]) => {
    const child = spawn('sh', ['-c', line, 'sh', logOf(jobId)], { stdio: 'ignore', detached: true });
    const pid = child.pid ?? 0;
    return { who: `${role} of ${jobId}`, pid, start: readStat(pid)?.start ?? 'never' };
  });
}

/**
 * Of a job whose command has ended while others of it live: the pids of that command and of its wrapper, now those of
 * somebody else who leads a session with a child in it.
 */
function heirs(jobId: string): Innocent[] {
  return ['command', 'claim'].flatMap((file) => {
    const text = readFileSync(join(directoryOf(jobId), file), 'utf8');
    const pid = Number(/^pid=(\d+)$/m.exec(text)?.[1]);
    if (readStat(pid, { zombies: true })) return [];
    const family = ['sh', '-c', 'sleep 1000 & exec sleep 1001'];
    const child = spawnWithPid(pid, family);
    return child
      ? [{ who: `heir of the ${file}'s pid of ${jobId}`, pid, start: readStat(pid)?.start ?? 'never' }]
      : [];
  });
}

/** A subshell that was about to leave when its animal was counted is nobody's victim. On a busy machine that takes long. */
async function forgetPassers(): Promise<void> {
  for (let calm = 0; calm < 20; calm++) {
    for (const one of caged) {
      const alive = one.own.filter(lives);
      if (alive.length < one.own.length) calm = 0;
      one.own = alive;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const sightings: Sighting[] = [];
const caged: Caged[] = [];
/** Started only when it is their turn: whose pids come and go could be taken for others'. */
const restless: [number, Animal][] = [];
for (const [number, animal] of ANIMALS.entries()) {
  if (!here(animal)) sightings.push(absent(animal));
  else if (animal.restless) restless.push([number, animal]);
  else caged.push(await start(animal, number));
}
const guests = caged.filter((_, number) => number % 4 === 0).flatMap(({ jobId }) => innocents(jobId));
const reused = caged.flatMap(({ jobId }) => heirs(jobId));
guests.push(...reused);

await forgetPassers();
for (const [number, animal] of restless) sightings.push(...cancel([await start(animal, number)], caged));
// In lots, because each call is a program's start.
const LOT = long ? 1 : 7;
for (let at = 0; at < caged.length; at += LOT) {
  sightings.push(...cancel(caged.slice(at, at + LOT), caged.slice(at + LOT)));
}

function absent({ name, reach }: Animal): Sighting {
  return { name, reach, jobId: null, exit: null, processes: 0, stopped: 0, left: [], escaped: [], hurt: [] };
}

interface Answer {
  jobId: string;
  stopped?: unknown[];
  left?: { pid: number }[];
}

/** Cancels a lot, and looks who is dead then: all of it, and none of the others. */
function cancel(lot: Caged[], others: Caged[]): Sighting[] {
  const before = lot.map(({ own }) => own.filter(lives).length);
  const { status, json, said } = cli('cancel', ...lot.map(({ jobId }) => jobId), '--grace', '400ms');
  const answers = (json.jobs ?? [json]) as Answer[];
  const hurt = [
    ...others.flatMap(({ animal, own }) => own.filter(dead).map(({ pid }) => `${pid} of "${animal.name}"`)),
    ...guests.filter(dead).map(({ who }) => who),
  ];
  return lot.map(({ animal: { name, reach }, jobId, own }, number) => {
    const { stopped, left } = answers.find((one) => one.jobId === jobId) ?? {};
    const named = (left ?? []).map(({ pid }) => pid);
    const escaped = own
      .filter((one) => lives(one) && !named.includes(one.pid))
      .map(({ pid }) => describe(pid));
    return {
      ...{ name, reach, jobId, exit: status, hurt, escaped },
      processes: before[number] ?? 0,
      stopped: stopped?.length ?? 0,
      left: stopped ? named.map(String) : [said],
    };
  });
}

// Whoever is still here is neither keeper, guest nor pid 1.
const known = new Set([1, process.pid, ...guests.map(({ pid }) => pid)]);
const ownTree = (pid: number): boolean =>
  pid === process.pid || (pid > 1 && ownTree(readStat(pid)?.parent ?? 0));
const pids = living().map(({ pid }) => pid);
const strangers = pids.filter((pid) => !known.has(pid) && !ownTree(pid) && !isOurs(pid));
// Looked at once more afterwards: one that was just ending has no words, and is not here any more.
const described = strangers.map((pid) => ({ pid, words: describe(pid) }));
const remaining = described.filter(({ pid }) => readStat(pid) !== undefined).map(({ words }) => words);
for (const pid of [...strangers, ...guests.map(({ pid }) => pid)]) spawnSync('kill', ['-KILL', String(pid)]);
writeFileSync(1, `${JSON.stringify({ sightings, remaining, reused: reused.length })}\n`);
