import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { codexVersion, locateCodex } from '../../../scripts/codex/program/locate.ts';
import { FakeBench } from '../../support/codex/codex-bench.ts';
import { scratch } from '../../support/scratch.ts';

function executable(path: string, content = '#!/bin/sh\necho codex-cli 1.2.3\n'): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

/** As npm lays it out; `vendor` is the platform package, which may be missing. */
function npmInstall(root: string, vendor: boolean) {
  const modules = join(root, 'lib/node_modules');
  const script = executable(join(modules, '@openai/codex/bin/codex.js'), '#!/usr/bin/env node\n');
  const target = `${process.platform}-${process.arch}`;
  const triple = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-musl`;
  const platformPackage = join(modules, `@openai/codex-${target}`);
  const program = join(platformPackage, 'vendor', triple, 'bin/codex');
  if (vendor) {
    executable(program);
    writeFileSync(join(platformPackage, 'package.json'), '{"name":"@openai/codex"}');
  }
  mkdirSync(join(root, 'bin'));
  symlinkSync('../lib/node_modules/@openai/codex/bin/codex.js', join(root, 'bin/codex'));
  return { directory: join(root, 'bin'), script, program, package: join(modules, '@openai/codex') };
}

const onPath = (PATH: string, platform?: NodeJS.Platform) => locateCodex({ PATH }, null, platform);

const onLinux = { skip: process.platform === 'linux' ? false : 'the layout is told for Linux' };

test('behind npm’s wrapper the native program is taken', onLinux, () => {
  using folder = scratch();
  const npm = npmInstall(folder.path, true);
  assert.deepEqual(onPath(`/nowhere:${npm.directory}`), {
    command: npm.program,
    args: [],
    environment: { CODEX_MANAGED_BY_NPM: '1', CODEX_MANAGED_PACKAGE_ROOT: npm.package },
    kind: 'native',
  });
});

test('where its platform package is not found, the wrapper is run by the node that runs us', onLinux, () => {
  using folder = scratch();
  const npm = npmInstall(folder.path, false);
  assert.deepEqual(onPath(npm.directory), {
    command: process.execPath,
    args: [npm.script],
    environment: {},
    kind: 'node-wrapper',
  });
});

test('the first that can be run counts; relative entries, directories and plain files are passed over', () => {
  using folder = scratch();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
    string,
  ];
  mkdirSync(join(a, 'codex'), { recursive: true });
  mkdirSync(b);
  writeFileSync(join(b, 'codex'), 'not executable');
  executable(join(c, 'codex'));
  executable(join(d, 'codex'));
  const program = onPath(`.:relative::${a}:${b}:${c}:${d}`);
  assert.deepEqual(program, { command: join(c, 'codex'), args: [], environment: {}, kind: 'native' });
});

test('without one the error says what to type', () => {
  assert.throws(() => onPath('/nowhere:.'), {
    code: 'codex-missing',
    message: 'No `codex` program on PATH.',
    hint: 'npm install -g @openai/codex, then: codex login',
  });
});

test('a Windows installation is found by its .exe, else behind its .cmd', () => {
  using folder = scratch();
  const root = realpathSync(folder.path);
  const script = executable(join(root, 'npm/node_modules/@openai/codex/bin/codex.js'));
  writeFileSync(join(root, 'npm/codex.cmd'), '');
  assert.deepEqual(onPath(join(root, 'npm'), 'win32').args, [script]);
  const program = executable(join(root, 'exe/codex.exe'));
  assert.equal(onPath(join(root, 'exe'), 'win32').command, program);
});

test('the version is what the program says', async () => {
  await using bench = new FakeBench({ version: '0.170.0-alpha.2' });
  assert.equal(await codexVersion(onPath(bench.fake.directory), bench.env, null), '0.170.0-alpha.2');
});

for (const [what, content, message] of [
  [
    'fails',
    '#!/bin/sh\necho "no node" >&2; exit 127\n',
    /\/codex told no version: `codex --version` exited with status 127: no node\.$/,
  ],
  ['says something else', '#!/bin/sh\necho hello\n', /told no version: it printed "hello\\n"\.$/],
] as const) {
  test(`a program that ${what} has no version`, async () => {
    using folder = scratch();
    executable(join(folder.path, 'codex'), content);
    await assert.rejects(codexVersion(onPath(folder.path), {}, null), { code: 'codex-failed', message });
  });
}
