/**
 * Makes a fixture of state by really running a release, once in its life:
 *   tsx tools/state-fixture.ts 1.1.0             one of ours, from this repository's history (tests/support/releases)
 *   tsx tools/state-fixture.ts 1.0.5 CHECKOUT    openai/codex-plugin-cc at its tag v1.0.5
 */
import { join } from 'node:path';
import { release, type Version } from '../tests/support/releases/release.ts';
import { leaveStateOf105 } from '../tests/support/state-fixtures/codex-plugin-cc.ts';
import { leaveStateOf } from '../tests/support/state-fixtures/ours.ts';

const [version, checkout] = process.argv.slice(2);
if (version === '1.0.5' && checkout) await leaveStateOf105(join(checkout, 'plugins/codex'));
else {
  const found = release(version as Version);
  if ('missing' in found) throw new Error(found.missing);
  await leaveStateOf(found);
}
