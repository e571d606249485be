/**
 * What the gate leaves out: older clients and other releases of node, one after the other.
 *   npm run test:matrix                        all rows
 *   npm run test:matrix -- node-22 claude      some
 * Everything is had from npm, on first use.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { OLDER_CLAUDE } from '../tests/support/real/clients.ts';
import { installed } from '../tests/support/real/npm-cache.ts';

interface Variant {
  /** arguments of tools/test.ts */
  tests: string[];
  env?: Record<string, string>;
  /** release of node; this one where there is none */
  node?: string;
}

const VARIANTS: Record<string, Variant> = {
  claude: {
    tests: ['--real', 'tests/real/claude', 'tests/real/harness'],
    env: { TEST_CLAUDES: `${OLDER_CLAUDE} 2.1.329` },
  },
  codex: { tests: ['--real', 'tests/real/codex'], env: { TEST_CODEX: '0.169.0' } },
  'node-22': { tests: [], node: '22.23.3' },
  'node-24': { tests: [], node: '24.21.0' },
};

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in VARIANTS));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. There are: ${Object.keys(VARIANTS).join(', ')}`);
  process.exitCode = 2;
} else {
  const failed: string[] = [];
  for (const [name, variant] of Object.entries(VARIANTS))
    if ((wanted.length === 0 || wanted.includes(name)) && !(await passes(name, variant))) failed.push(name);
  console.log(failed.length === 0 ? 'matrix passed' : `matrix FAILED: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function passes(name: string, { tests, env, node }: Variant): Promise<boolean> {
  console.log(`▶ ${name}`);
  const program = node === undefined ? process.execPath : await nodeProgram(node);
  const args = ['--import', 'tsx', join(root, 'tools/test.ts'), ...tests];
  return (
    spawnSync(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' }).status === 0
  );
}

/** The packages behind npm's `node`, which would fetch them in an install script. */
async function nodeProgram(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  return join(await installed(name, version), 'node_modules', name, 'bin/node');
}
