import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { PATH_VARIABLES } from './names.ts';
import type { FakeSettings, LogEntry } from './settings.ts';

/** A `codex` of our own on a PATH of its own. It speaks the part of the protocol that we use, as 0.169 does. */
export interface FakeCodex {
  /** for PATH */
  directory: string;
  program: string;
  /** Changes how it behaves from the next request on. */
  set(settings: FakeSettings): void;
  log(): LogEntry[];
  /** pids of the app-servers started so far, in order */
  appServers(): number[];
  /** params of the requests of one method so far */
  requests(method: string): Record<string, unknown>[];
}

/** The program in one file, built once in each process. */
let text: string | undefined;

function bundled(): string {
  text ??= buildSync({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    write: false,
  }).outputFiles[0]?.text;
  if (text === undefined) throw new Error('esbuild gave no file.');
  return text;
}

/** Installs it in `directory`, which is made. */
export function installFakeCodex(directory: string, settings: FakeSettings = {}): FakeCodex {
  mkdirSync(directory, { recursive: true });
  const bundle = join(directory, 'fake-codex.mjs');
  const program = join(directory, 'codex');
  const files = { settings: join(directory, 'settings.json'), log: join(directory, 'log.jsonl') };
  writeFileSync(bundle, bundled());
  const variables = `${PATH_VARIABLES.settings}='${files.settings}' ${PATH_VARIABLES.log}='${files.log}'`;
  writeFileSync(program, `#!/bin/sh\n${variables} exec '${process.execPath}' '${bundle}' "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(files.log, '');

  const log = () =>
    readFileSync(files.log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line): LogEntry => JSON.parse(line));
  // In one step: a fake that runs reads them at any moment.
  const set = (next: FakeSettings) => {
    writeFileSync(`${files.settings}.new`, JSON.stringify(next));
    renameSync(`${files.settings}.new`, files.settings);
  };
  set(settings);
  return {
    directory,
    program,
    set,
    log,
    appServers: () =>
      log().flatMap((entry) =>
        entry.kind === 'spawn' && entry.args.includes('app-server') ? [entry.pid] : [],
      ),
    requests: (method) =>
      log().flatMap((entry) =>
        entry.kind === 'request' && entry.method === method ? [entry.params as Record<string, unknown>] : [],
      ),
  };
}
