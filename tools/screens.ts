/**
 * Writes docs/screens/: what `status` shows on terminals of 80 and 40 columns, of jobs that really run. What differs from one
 * run to the next (ids, pids, times, sizes) is written over with as many characters, so that a change of the page is one of
 * the screens.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTerminal, plainText } from '../tests/support/terminal.ts';
import { until } from '../tests/support/wait.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';

const folder = join(import.meta.dirname, '../docs/screens');

const SERVER = `require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('GET / 200'));`;
const TESTS = 'echo "=== 2 failed, 80 passed in 1.20s ==="; exit 1';
const STEPS = 'echo "[46/100] step 46 passed"; exec sleep 600';

const SCREENS: Record<string, string[]> = {
  list: ['status'],
  everywhere: ['status', '-g', '--running'],
  running: ['status', 'nightly'],
  server: ['status', 'dev'],
  failed: ['status', 'pytest'],
  leftovers: ['status', 'server'],
};

await using world = await aWorkspace();
await someJobs(world);
mkdirSync(folder, { recursive: true });
for (const columns of [80, 40])
  for (const [name, args] of Object.entries(SCREENS)) {
    const screen = plainText(await onTerminal(world, { columns }, ...args));
    const path = join(folder, `${name}-${columns}.txt`);
    writeFileSync(path, `$ codex-companion ${args.join(' ')}\n${alwaysTheSame(screen)}`);
    console.log(`wrote docs/screens/${name}-${columns}.txt`);
  }
await world.cli('cancel', 'dev', 'nightly', 'server');

async function someJobs(world: World): Promise<void> {
  world.write('server.js', SERVER);
  await world.cli('run', '--name', 'pytest', '--', 'sh', '-c', TESTS);
  await world.cli('run', '--deadline', '1s', '--', 'sleep', '600');
  await world.cli('run', '--', 'sh', '-c', 'sleep 1.2');
  await world.cli('run', '--name', 'server', '--', 'sh', '-c', 'setsid sleep 600 & sleep 1.2');
  await world.cli('run', '--background', '--name', 'dev', '--', 'node', 'server.js');
  await world.cli('run', '--background', '--name', 'nightly', '--deadline', '15m', '--', 'sh', '-c', STEPS);
  for (const name of ['dev', 'nightly'])
    await until(`${name} has said something`, async () => (await world.cli('logs', name)).stdout);
}

function alwaysTheSame(screen: string): string {
  return screen
    .replaceAll(world.workspace, '~/project')
    .replace(/\b(run-)[a-z0-9]+-[a-z0-9]+/g, '$1mwyk1h2z-3a8x9q2b1c')
    .replace(/@[0-9a-f]{7}/g, '@64278e3')
    .replace(/\(\d{3,7}\)/g, '(8512)')
    .replace(/\bport \d+/g, 'port 43117')
    .replace(/\d+(?:\.\d+)? (KB|MB)/g, '41 $1')
    .replace(/\d+ % CPU/g, '0 % CPU')
    .replace(/\d\d:\d\d:\d\d/g, '05:30:57')
    .replace(/just now|\b\d+s ago/g, asWide('4s ago'))
    .replace(/(?<!\dm )\b\d+(?:\.\d+)?m?s\b(?! ago)/g, asWide('1.2s'))
    .replace(/ +$/gm, '');
}

/** In a table what stands behind it stays in its column. */
function asWide(text: string): (found: string, at: number, all: string) => string {
  return (found, at, all) => (all.startsWith('  ', at + found.length) ? text.padEnd(found.length) : text);
}
