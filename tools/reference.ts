/**
 * Writes what the documentation tells of verbs and settings as the code has them: docs/commands.md, man/codex-companion.1, and a
 * table in README.md and in docs/state-file.md. `--check` names what is out of step instead.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manPage } from './man-page.ts';
import { commandsPage, settingsTable, verbTable, withRegion } from './reference-tables.ts';

const root = join(import.meta.dirname, '..');
const checking = process.argv.includes('--check');
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');

const pages: Record<string, string> = {
  'docs/commands.md': await commandsPage(),
  'man/codex-companion.1': await manPage(),
  'docs/state-file.md': withRegion(read('docs/state-file.md'), 'settings', settingsTable()),
  'README.md': withRegion(read('README.md'), 'verbs', await verbTable()),
};

for (const [path, text] of Object.entries(pages)) {
  if (read(path) === text) continue;
  if (checking) {
    console.error(`${path} is out of step with the verbs or the settings. Run: npm run reference`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
