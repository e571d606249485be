/**
 * Shellcheck over all sh files, each finding a failure; by-design codes and their reasons: .shellcheckrc.
 * A machine without shellcheck is told so; in CI that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folders = ['bin', 'hooks', 'scripts', 'tools', '.ci'];

process.exitCode = check();

function check(): number {
  const files = shellFiles();
  const parts = partsOf(files);
  const whole = files.filter((path) => !parts.includes(path));
  const { error, status } = spawnSync('shellcheck', ['--check-sourced', ...whole], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (!error) return status ?? 1;
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  const inCi = process.env.CI === 'true';
  console.log(
    `${inCi ? 'Missing' : 'skipped'}: shellcheck, so no sh file was looked at. Try: apt-get install shellcheck`,
  );
  return inCi ? 1 : 0;
}

/** By their name, or by their first line. */
function shellFiles(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => /\.(ba)?sh$/.test(path) || /^#!.*\b(ba)?sh$/m.test(firstLine(path))),
  );
}

function firstLine(path: string): string {
  return readFileSync(path, 'utf8').split('\n', 1)[0] ?? '';
}

/** What a file beside them sources is looked at with that one, which sets its variables. */
function partsOf(files: string[]): string[] {
  return files.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\. "\$\{0%\/\*\}\/([\w-]+\.sh)"/g)].map(([, name = '']) =>
      join(dirname(path), basename(name)),
    ),
  );
}
