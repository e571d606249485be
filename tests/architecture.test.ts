/** The shape of the code, as docs/architecture.md draws it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST_NAMES } from '../scripts/domain/base/hosts.ts';
import {
  code,
  findCycle,
  importsOf,
  loadedAtStart,
  readSources,
  type Sources,
} from './support/source-graph.ts';

/**
 * The rooms of scripts/, from the top down: each may import from those below it, and from no other. Rooms that stand
 * side by side in one line know nothing of each other.
 */
const rooms: string[][] = [
  ['entries'],
  ['faces/cli', 'faces/hooks'],
  ['faces/views'],
  ['runners/shell', 'runners/turn'],
  ['use-cases/doctor', 'use-cases/following', 'use-cases/sessions'],
  ['use-cases/upkeep'],
  ['use-cases/settings', 'use-cases/jobs'],
  ['use-cases/notices'],
  ['use-cases/reading'],
  ['use-cases'],
  ['places'],
  ['hosts', 'codex/broker'],
  ['codex/brokering'],
  ['codex/turn'],
  ['codex/program'],
  ['codex/wire'],
  ['state/workspace', 'state/session'],
  ['state/job'],
  ['state'],
  ['state/log', 'state/files'],
  ['process/job'],
  ['process/program'],
  ['process'],
  ['process/platform'],
  ['domain/workspace'],
  ['domain/notice', 'domain/shell', 'domain/session'],
  ['domain/job'],
  ['domain/text', 'domain/base'],
];

/** The wrapper and the promoted command's shell are sh themselves, and look into /proc with no program between. */
const SH_FILES = [
  'scripts/runners/shell/failed-exec.sh',
  'scripts/runners/shell/run-job.sh',
  'scripts/runners/shell/watchdog.sh',
  'scripts/runners/shell/evidence.sh',
  'scripts/runners/shell/tools.sh',
  'scripts/runners/shell/leftovers.sh',
  'scripts/faces/hooks/agent-shell.sh',
];

const anyHost = `'(?:${HOST_NAMES.join('|')})'`;

/** What happens in one place only, so that its rules can be read and changed there. A place that ends in / is a folder. */
const onlyIn: { what: string; pattern: RegExp; places: string[] }[] = [
  {
    what: 'the environment is looked at',
    pattern: /\bprocess\.env\b|\benv\b[^;]*from 'node:process'/,
    places: ['scripts/process/environment.ts'],
  },
  {
    what: 'the environment is taken at the door',
    pattern: /\breadEnvironment\(/,
    places: [
      'scripts/process/environment.ts',
      'scripts/faces/cli/main.ts',
      'scripts/session-hook.ts',
      'scripts/worker.ts',
      'scripts/broker.ts',
      'scripts/desktop.ts',
      // What follows an end is begun by whoever sees it first: any reader, hook or sweep, from twelve callers.
      'scripts/use-cases/jobs/settle.ts',
      'scripts/use-cases/upkeep/see-to-sessions.ts',
    ],
  },
  {
    what: '/proc is read',
    pattern: /\/proc\b/,
    places: ['scripts/process/platform/', ...SH_FILES],
  },
  {
    what: 'the platform is chosen',
    pattern: /\bprocess\.platform\b|\bos\.platform\(|\bplatform\b[^;]*from 'node:(os|process)'/,
    places: ['scripts/process/platform/this-platform.ts'],
  },
  {
    what: 'the place of sh is known',
    pattern: /\/bin\/sh\b/,
    places: ['scripts/process/shell.ts', ...SH_FILES],
  },
  // signal-exit, which packages bring, ends the process at a signal where it finds no listener but its own.
  { what: 'a signal is listened to once', pattern: /process\.once\((?:signal|name|'SIG)/, places: [] },
  { what: 'processes are signalled', pattern: /\.kill\(/, places: ['scripts/process/signal.ts'] },
  {
    what: 'the processes of a job are searched, stopped and paused',
    pattern: /from '[^']*process\/job\//,
    // The broker knows a turn's commands by their cookie alone: their job may run anywhere.
    places: ['scripts/places/', 'scripts/process/', 'scripts/codex/broker/tidy.ts'],
  },
  {
    what: 'hosts are told apart by their names',
    pattern: new RegExp(`[!=]== ?${anyHost}|${anyHost} ?[!=]==|case ${anyHost}:|\\[${anyHost},`),
    places: ['scripts/hosts/', 'scripts/domain/base/hosts.ts'],
  },
  {
    what: 'another program is started',
    pattern: /from 'node:child_process'/,
    places: [
      'scripts/process/spawn.ts',
      // Synchronous, as the table of processes is: docs/decisions/014-execa.md.
      'scripts/process/platform/',
      // A peer that is spoken with as long as it lives.
      'scripts/codex/program/app-server.ts',
    ],
  },
  {
    what: 'another program is asked',
    pattern: /\bimport\('execa'\)|from 'execa'/,
    places: ['scripts/process/program/run-program.ts'],
  },
  {
    what: 'write-file-atomic replaces files',
    pattern: /'write-file-atomic'/,
    places: ['scripts/state/files/replace-file.ts', 'scripts/state/files/write-file-atomic.d.ts'],
  },
  {
    what: 'git is asked',
    pattern: /\brunProgram\(\s*'git'|\bspawn\w*\(\s*'git'|\bexecFile\w*\(\s*'git'/,
    places: ['scripts/process/program/git.ts'],
  },
  {
    what: 'directories are removed, where a second one may do the same',
    pattern: /\brm(dir)?Sync\(/,
    // The lock has its own rules; the others remove what is theirs alone.
    places: [
      'scripts/state/files/',
      'scripts/faces/cli/commands/demo.ts',
      'scripts/faces/hooks/environment-file.ts',
    ],
  },
  {
    what: 'the state file is touched',
    pattern: /\.stateFile\b/,
    places: ['scripts/state/workspace/store.ts'],
  },
];

/** What people and hosts wait for, and what runs once for every job. */
const light = [
  'scripts/companion.ts',
  'scripts/session-hook.ts',
  'scripts/worker.ts',
  'scripts/broker.ts',
  'scripts/faces/cli/commands/run.ts',
  'scripts/faces/cli/commands/task.ts',
  'scripts/runners/shell/finish.ts',
];

/** Packages that cost milliseconds to load: none of those must wait for them. */
const heavy = ['execa', 'ps-list', 'write-file-atomic', 'string-width'];

const sources = readSources('scripts');

test('imports point down only', () => {
  assert.deepEqual(upwardImports(sources), []);
});

test('the domain knows nothing of node or of any package', () => {
  assert.deepEqual(impureDomain(sources), []);
});

test('no module imports itself by a detour', () => {
  assert.equal(findCycle(sources), undefined);
});

for (const { what, pattern, places } of onlyIn) {
  test(`${what} in one place`, () => {
    assert.deepEqual(elsewhere(sources, pattern, places), [], `only ${places} may do this`);
  });
}

test('a folder has fifteen files at most, one a verb aside', () => {
  const counts = new Map<string, number>();
  for (const path of readSources('scripts').keys()) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  counts.delete('scripts/faces/cli/commands');
  assert.deepEqual(
    [...counts].filter(([, count]) => count > 15),
    [],
  );
});

test('a file is five screens at most', () => {
  const all = readSources('scripts', 'tests', 'bench', 'tools');
  const long = [...all].filter(([, text]) => text.split('\n').length > 301).map(([path]) => path);
  assert.deepEqual(long, [], 'longer than 300 lines');
});

for (const entry of light) {
  test(`${entry} loads no heavy package`, () => {
    const loaded = loadedAtStart(sources, entry);
    assert.deepEqual(
      heavy.filter((name) => loaded.has(name)),
      [],
    );
  });
}

test('these rules see what breaks them', () => {
  const broken: Sources = new Map([
    [
      'scripts/domain/job/job.ts',
      "import { readFileSync } from 'node:fs';\nimport '../../state/layout.ts';\n",
    ],
    [
      'scripts/state/layout.ts',
      "import type {\n  job,\n} from '../domain/job/job.ts';\nawait import('heavy');\n",
    ],
    ['scripts/faces/cli/main.ts', "import '../hooks/tell.ts';\n"],
  ]);
  assert.deepEqual(upwardImports(broken), [
    'scripts/domain/job/job.ts imports scripts/state/layout.ts',
    'scripts/faces/cli/main.ts imports scripts/faces/hooks/tell.ts',
  ]);
  assert.deepEqual(impureDomain(broken), ['scripts/domain/job/job.ts imports node:fs']);
  assert.deepEqual(findCycle(broken), [
    'scripts/domain/job/job.ts',
    'scripts/state/layout.ts',
    'scripts/domain/job/job.ts',
  ]);
  assert.equal(loadedAtStart(broken, 'scripts/domain/job/job.ts').has('heavy'), false);
  for (const [what, line] of [
    ['the environment is taken at the door', 'const { PATH } = readEnvironment();'],
    ['/proc is read', "readFileSync('/proc/self/stat');"],
    ['the platform is chosen', "if (process.platform === 'linux') act();"],
    ['the place of sh is known', "spawn('/bin/sh');"],
    ['a signal is listened to once', "process.once('SIGTERM', leave);"],
    ['hosts are told apart by their names', "if (call.host !== 'codex') return;"],
    ['hosts are told apart by their names', "oneOf(['claude-code', 'codex'])(value, where);"],
    ['another program is started', "import { execFile } from 'node:child_process';"],
    ['another program is asked', "const { execa } = await import('execa');"],
    ['git is asked', "await runProgram('git', ['status'], question);"],
  ]) {
    const { pattern = /^$/, places = [] } = onlyIn.find((rule) => rule.what === what) ?? {};
    const found = (text: string) => elsewhere(new Map([['scripts/state/layout.ts', text]]), pattern, places);
    assert.deepEqual(found(`${line}\n`), ['scripts/state/layout.ts'], what);
    assert.deepEqual(found(`// ${line}\n`), [], `${what}: a comment may`);
  }
});

function elsewhere(modules: Sources, pattern: RegExp, places: string[]): string[] {
  const isPlace = (path: string) =>
    places.some((at) => (at.endsWith('/') ? path.startsWith(at) : path === at));
  return [...modules]
    .filter(([path, text]) => !isPlace(path) && pattern.test(code(text)))
    .map(([path]) => path);
}

function upwardImports(modules: Sources): string[] {
  return edges(modules)
    .filter(({ target }) => target.startsWith('scripts/'))
    .filter(({ path, target }) => {
      const [from, to] = [roomOf(path), roomOf(target)];
      return from === to ? from === 'entries' : levelOf(to) <= levelOf(from);
    })
    .map(({ path, target }) => `${path} imports ${target}`);
}

function impureDomain(modules: Sources): string[] {
  return edges(modules)
    .filter(({ path, target }) => path.startsWith('scripts/domain/') && !target.startsWith('scripts/'))
    .map(({ path, target }) => `${path} imports ${target}`);
}

function edges(modules: Sources) {
  return [...modules].flatMap(([path, text]) => importsOf(path, text).map((found) => ({ path, ...found })));
}

/** The two folders below scripts/, or one; 'entries' for a file that lies in scripts/ itself. */
function roomOf(path: string): string {
  const folders = path.split('/').slice(1, -1);
  return folders.length === 0 ? 'entries' : folders.slice(0, 2).join('/');
}

/** 0 is the top. A room that is not in the list is a fault of its own. */
function levelOf(room: string): number {
  const level = rooms.findIndex((names) => names.includes(room));
  assert.notEqual(level, -1, `scripts/${room} is in no line of the list of rooms`);
  return level;
}
