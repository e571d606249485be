/** The gate, for people and CI: all steps in order; a failed one does not hide the next ones. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const steps: Record<string, string[]> = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '.'],
  types: ['tsc'],
  'dead code': ['knip'],
  'sh files': ['tsx', 'tools/shellcheck.ts'],
  'bundles in step': ['tsx', 'tools/build.ts', '--check'],
  'manifests in step': ['tsx', 'tools/manifests.ts', '--check'],
  'reference in step': ['tsx', 'tools/reference.ts', '--check'],
};
const tests = ['tsx', 'tools/test.ts', '--all'];

const root = join(import.meta.dirname, '..');
const failures: string[] = [];

for (const [name, command] of Object.entries(steps)) step(name, command, 'pipe');
console.log('▶ tests');
step('tests', tests, 'inherit');

console.log(failures.length === 0 ? 'check passed' : `check FAILED: ${failures.join(', ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Runs one step; where its output is piped it is shown on failure alone, but for its notes and what it has skipped. */
function step(name: string, [program = '', ...args]: string[], output: 'pipe' | 'inherit'): void {
  const start = performance.now();
  const result = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: root,
    stdio: ['ignore', output, output],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? '✔' : '✖'} ${name} (${seconds} s)`);
  if (passed) {
    for (const [line] of (result.stdout ?? '').matchAll(/^(skipped|note): .*$/gm)) console.log(`    ${line}`);
    return;
  }
  failures.push(name);
  const text = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`;
  if (text) console.log(text.replace(/^/gm, '    '));
}
