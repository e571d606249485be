/**
 * Makes a release, up to what cannot be taken back: `npm run release -- 1.2.0`
 *   --dry-run        says what it would do, and changes nothing
 *   --without-gate   leaves out `npm run check`, where CI has passed on this very commit
 * The version goes into package.json and, generated, wherever else it stands; [Unreleased] of CHANGELOG.md gets its
 * number and date; then gate, commit, tarball and tag. It publishes nothing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { notesOf, withRelease } from './changelog.ts';
import { obstacles } from './release-obstacles.ts';

const root = join(import.meta.dirname, '..');
const { values: options, positionals } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    'without-gate': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [version = ''] = positionals;

/** A sentence for people; no stack. */
class Refusal extends Error {}

try {
  release();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function release(): void {
  const notes = refuseOrRead();
  if (options['dry-run']) tellPlan(notes);
  else make(notes);
}

function make(notes: string): void {
  try {
    writeVersion();
    if (!options['without-gate']) run('npm', 'run', 'check');
    run('git', 'commit', '--quiet', '--all', '--message', `Release ${version}`);
  } catch (error) {
    // The tree was clean before: everything that differs is ours.
    quiet('git', 'checkout', 'HEAD', '--', '.');
    throw error;
  }
  run('npm', 'pack', '--silent');
  // Verbatim, because git takes the notes' headings for comments.
  run(
    'git',
    'tag',
    '--annotate',
    '--cleanup=verbatim',
    `v${version}`,
    '--message',
    `${version}\n\n${notes}\n`,
  );
  console.log(`Released here: ${version}. To let others have it, once CI has passed on this commit:
  git push origin HEAD v${version}
  npm publish ./codex-companion-${version}.tgz`);
}

/** The notes of the release to be. */
function refuseOrRead(): string {
  const changelog = read('CHANGELOG.md');
  const found = obstacles(version, {
    current: JSON.parse(read('package.json')).version,
    changes: lines(quiet('git', 'status', '--porcelain')),
    tags: lines(quiet('git', 'tag', '--list')),
    changelog,
  });
  if (found.length > 0)
    throw new Refusal(
      `No release${version && ` ${version}`}:\n${found.map((text) => `- ${text}`).join('\n')}`,
    );
  return notesOf(changelog, 'Unreleased') ?? '';
}

function tellPlan(notes: string): void {
  const [packed] = JSON.parse(quiet('npm', 'pack', '--dry-run', '--json'));
  console.log(`Would release ${version}:
- write it to package.json and package-lock.json, and from there to the manifests, the code and dist/
- give [Unreleased] of CHANGELOG.md the heading [${version}] - ${today()}
- ${options['without-gate'] ? 'leave out the gate' : 'run the gate: npm run check'}
- commit, tag v${version}, and pack codex-companion-${version}.tgz (${packed.entryCount} files, ${Math.round(packed.size / 1000)} kB)
Notes:

${notes}`);
}

function writeVersion(): void {
  edit('package.json', (text) => withVersion(text, (json) => [json]));
  edit('package-lock.json', (text) => withVersion(text, (json) => [json, json.packages['']]));
  edit('CHANGELOG.md', (text) => withRelease(text, version, today()));
  run('npm', 'run', '--silent', 'manifests');
  run('npm', 'run', '--silent', 'build');
}

// biome-ignore lint/suspicious/noExplicitAny: npm's own files, of which one key is written
function withVersion(text: string, places: (json: any) => { version: string }[]): string {
  const json = JSON.parse(text);
  for (const place of places(json)) place.version = version;
  return `${JSON.stringify(json, null, 2)}\n`;
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(join(root, path), change(read(path)));
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

/** Runs a program for people to follow. */
function run(program: string, ...args: string[]): void {
  const { error, status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error || status !== 0) throw new Refusal(failure(program, args, error?.message ?? `status ${status}`));
}

/** Runs a program for what it prints. */
function quiet(program: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (error || status !== 0) throw new Refusal(failure(program, args, error?.message ?? stderr));
  return stdout;
}

function failure(program: string, args: string[], why: string): string {
  return `No release ${version}: ${program} ${args.join(' ')} failed (${why.trim()}). Nothing was published.`;
}
