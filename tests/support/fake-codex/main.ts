import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { OWN_VERSION, PATH_VARIABLES } from './names.ts';
import { Server } from './server.ts';
import type { FakeSettings, LogEntry } from './settings.ts';

/** The fake `codex`: `--version` and `app-server [-c thread_unload_delay_secs=N]` over stdio. */

const files = { settings: take(PATH_VARIABLES.settings), log: take(PATH_VARIABLES.log) };
const args = process.argv.slice(2);
const log = (entry: LogEntry) => appendFileSync(files.log, `${JSON.stringify(entry)}\n`);
const settings = (): FakeSettings => JSON.parse(readFileSync(files.settings, 'utf8'));

log({
  kind: 'spawn',
  pid: process.pid,
  parent: process.ppid,
  args,
  cwd: process.cwd(),
  environment: Object.keys(process.env).sort(),
});
process.on('exit', (status) => log({ kind: 'exit', pid: process.pid, status }));

if (args.includes('--version')) console.log(`codex-cli ${settings().version ?? OWN_VERSION}`);
else if (args[0] === 'app-server') serve();
else {
  console.error(`error: the fake codex knows no ${JSON.stringify(args)}`);
  process.exitCode = 2;
}

function serve(): void {
  const unloadDelay = /thread_unload_delay_secs=(\d+)/.exec(args.join(' '))?.[1] ?? '60';
  const server = new Server({
    send: (message) => process.stdout.write(`${JSON.stringify(message)}\n`),
    sendRaw: (bytes) => process.stdout.write(bytes),
    unloadDelayMs: Number(unloadDelay) * 1000,
    settings,
    log,
  });
  const leave = () => {
    server.end();
    process.exit(0);
  };
  createInterface({ input: process.stdin })
    .on('line', (line) => server.receive(line))
    .on('close', leave);
  process.on('SIGTERM', leave);
}

function take(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The fake codex needs ${name}: start it by its \`codex\` file.`);
  delete process.env[name];
  return value;
}
