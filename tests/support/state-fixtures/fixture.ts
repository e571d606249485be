import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { here } from '../../../scripts/process/identity.ts';
import { workspaceName } from '../../../scripts/state/layout.ts';
import type { World } from '../world.ts';

/**
 * Whole state roots as releases left them, at tests/fixtures/state/<version>/: `left/` is the folder, `left.json` what is
 * to be found in it. They were made by really running the release (tools/state-fixture.ts) until its machine "lost its
 * power". What is a machine's or a run's own has a placeholder; the bundles in runtime/ and sockets are left out.
 */
export interface Left {
  madeAt: string;
  /** where the folder lies in a world's */
  place: string;
  /** as the release itself showed them last, before it was cut off */
  jobs: LeftJob[];
  /** of its settings, in the words of `setup --json` */
  settings: Record<string, unknown>;
}

export interface LeftJob {
  id: string;
  kind: string;
  /** of one that was cut off, what we are to make of that */
  ending: string;
  threadId: string | null;
  exitCode: number | null;
  /** Codex's, where it had given one */
  answer: string | null;
  log: string;
}

const fixtures = join(import.meta.dirname, '../../fixtures/state');
const MADE_AT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\b/g;
/** git keeps no empty folder. */
const EMPTY = '.empty';
/** All processes on record are of it. */
const BOOT_THAT_IS_OVER = '00000000-0000-4000-8000-000000000000';

export function fixtureVersions(): string[] {
  return readdirSync(fixtures).sort();
}

/** Puts it where the release would have left it in this world, a minute ago: retention must not depend on today. */
export function loadFixture(world: World, version: string): Left {
  const folder = join(fixtures, version);
  const lived = (text: string) => {
    let alive = text;
    for (const [own, placeholder] of ownWords(world)) alive = alive.replaceAll(placeholder, own);
    return alive.replace(MADE_AT, (time) => new Date(Date.parse(time) + age).toISOString());
  };
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const age = Date.now() - 60_000 - Date.parse(JSON.parse(read('left.json')).madeAt);
  const left: Left = JSON.parse(lived(read('left.json')));
  for (const path of filesBelow(join(folder, 'left'))) {
    const target = join(world.folder, left.place, lived(path));
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (!path.endsWith(EMPTY)) writeFileSync(target, lived(read(join('left', path))), { mode: 0o600 });
  }
  countEvents(world);
  return left;
}

/** The other way: `left` as the fixture of this version. */
export function saveFixture(world: World, version: string, left: Left): void {
  const folder = join(fixtures, version);
  const neutral = (text: string) => {
    let told = text.replaceAll(here().boot, BOOT_THAT_IS_OVER);
    for (const [own, placeholder] of ownWords(world)) told = told.replaceAll(own, placeholder);
    return told;
  };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), neutral(text));
  };
  rmSync(folder, { recursive: true, force: true });
  write('left.json', `${JSON.stringify(left, null, 2)}\n`);
  const from = join(world.folder, left.place);
  for (const path of filesBelow(from, true)) {
    if (/^runtime\//.test(path)) continue;
    const text = path.endsWith(EMPTY) ? '' : readFileSync(join(from, path), 'utf8');
    write(join('left', neutral(path)), text);
  }
}

/** A state says how many bytes of events count. All of them did, and the paths in them have another length here. */
function countEvents(world: World): void {
  const { directory, stateFile } = world.context().layout;
  const events = join(directory, 'events.jsonl');
  if (!existsSync(events)) return;
  const state = JSON.parse(readFileSync(stateFile, 'utf8'));
  state.events.end = statSync(events).size;
  writeFileSync(stateFile, JSON.stringify(state, null, 2));
}

function ownWords(world: World): [own: string, placeholder: string][] {
  return [
    [workspaceName(world.workspace).slice(-16), '@WORKSPACE-HASH@'],
    [world.folder, '@FOLDER@'],
    [process.execPath, '@NODE@'],
    [here().machine, '@MACHINE@'],
  ];
}

/** Relative paths of all plain files; with `marks`, of an empty folder the mark that is to stand for it. */
function filesBelow(folder: string, marks = false): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const inside = (entry: { parentPath: string; name: string }) =>
    join(entry.parentPath, entry.name).slice(folder.length + 1);
  const files = entries.filter((entry) => entry.isFile()).map(inside);
  if (!marks) return files;
  const empty = entries
    .filter((entry) => entry.isDirectory())
    .map(inside)
    .filter((path) => readdirSync(join(folder, path)).length === 0);
  return [...files, ...empty.map((path) => join(path, EMPTY))];
}
