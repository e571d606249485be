/** The shape of the code, as docs/architecture.md draws it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  code,
  findCycle,
  importsOf,
  loadedAtStart,
  readSources,
  type Sources,
} from './support/source-graph.ts';

/** A folder of scripts/ → the folders that it may import from, besides itself. */
const layers: Record<string, string[]> = {
  domain: [],
  process: ['domain'],
  state: ['process', 'domain'],
  notify: ['state', 'process', 'domain'],
  codex: ['state', 'process', 'domain'],
  supervisor: ['codex', 'notify', 'state', 'process', 'domain'],
  cli: ['supervisor', 'codex', 'notify', 'state', 'process', 'domain'],
  host: ['supervisor', 'codex', 'notify', 'state', 'process', 'domain'],
  worker: ['supervisor', 'codex', 'notify', 'state', 'process', 'domain'],
  broker: ['supervisor', 'codex', 'notify', 'state', 'process', 'domain'],
};

/** What happens in one file only, so that its rules can be read and changed there. */
const onlyIn: { what: string; pattern: RegExp; files: string[] }[] = [
  {
    what: 'the environment is read',
    pattern: /\bprocess\.env\b|\benv\b[^;]*from 'node:process'/,
    files: ['scripts/process/environment.ts'],
  },
  { what: 'processes are signalled', pattern: /\.kill\(/, files: ['scripts/process/signal.ts'] },
  {
    what: 'the state file is touched',
    pattern: /\.stateFile\b/,
    files: ['scripts/state/workspace/store.ts'],
  },
];

/** Packages that cost milliseconds to load: a command that enqueues must not wait for them. */
const heavy = ['toasted-notifier/notifiers/notifysend.js'];

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

for (const { what, pattern, files } of onlyIn) {
  test(`${what} in one place`, () => {
    const elsewhere = [...sources].filter(
      ([path, text]) => !files.includes(path) && pattern.test(code(text)),
    );
    assert.deepEqual(
      elsewhere.map(([path]) => path),
      [],
      `only ${files} may do this`,
    );
  });
}

test('a file is five screens at most', () => {
  const all = readSources('scripts', 'tests', 'tools');
  const long = [...all].filter(([, text]) => text.split('\n').length > 301).map(([path]) => path);
  assert.deepEqual(long, [], 'longer than 300 lines');
});

for (const entry of ['scripts/companion.ts', 'scripts/session-hook.ts']) {
  test(`${entry} loads no heavy package at its start`, () => {
    const loaded = loadedAtStart(sources, entry);
    assert.deepEqual(
      heavy.filter((name) => loaded.has(name)),
      [],
    );
  });
}

test('these rules see what breaks them', () => {
  const broken: Sources = new Map([
    ['scripts/domain/job/job.ts', "import { readFileSync } from 'node:fs';\nimport '../state/store.ts';\n"],
    [
      'scripts/state/workspace/store.ts',
      "import {\n  job,\n} from '../domain/job.ts';\nawait import('heavy');\n",
    ],
  ]);
  assert.deepEqual(upwardImports(broken), [
    'scripts/domain/job/job.ts imports scripts/state/workspace/store.ts',
  ]);
  assert.deepEqual(impureDomain(broken), ['scripts/domain/job/job.ts imports node:fs']);
  assert.deepEqual(findCycle(broken), [
    'scripts/domain/job/job.ts',
    'scripts/state/workspace/store.ts',
    'scripts/domain/job/job.ts',
  ]);
  assert.equal(loadedAtStart(broken, 'scripts/domain/job/job.ts').has('heavy'), false);
});

function upwardImports(modules: Sources): string[] {
  return edges(modules)
    .filter(({ target }) => target.startsWith('scripts/'))
    .filter(({ path, target }) => {
      const [from, to] = [layerOf(path), layerOf(target)];
      if (from === 'entries' || from === to) return to === 'entries' && from === to;
      return !layers[from]?.includes(to);
    })
    .map(({ path, target }) => `${path} imports ${target}`);
}

function impureDomain(modules: Sources): string[] {
  return edges(modules)
    .filter(({ path, target }) => layerOf(path) === 'domain' && !target.startsWith('scripts/'))
    .map(({ path, target }) => `${path} imports ${target}`);
}

function edges(modules: Sources) {
  return [...modules].flatMap(([path, text]) => importsOf(path, text).map((found) => ({ path, ...found })));
}

/** The folder below scripts/; 'entries' for a file that lies in scripts/ itself. */
function layerOf(path: string): string {
  const [, folder = '', ...rest] = path.split('/');
  return rest.length === 0 ? 'entries' : folder;
}
