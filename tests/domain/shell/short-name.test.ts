import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortNameOf } from '../../../scripts/domain/shell/short-name.ts';

const NAMES: Record<string, string> = {
  'sleep 600': 'sleep',
  '/usr/bin/pytest -x py': 'pytest',
  'node dev.mjs --port 3': 'dev',
  'node --test cart.test.mjs': 'node',
  'bash tools/bar.sh': 'bar',
  "sh -c 'i=0; while true; do …": 'sh',
  'npm test': 'npm test',
  'npm run dev': 'dev',
  'npm run dev -- --host': 'dev',
  'cargo build --release': 'cargo build',
  'CI=1 npm test': 'npm test',
  'cd web && npm run build': 'build',
  './e2e.sh': 'e2e',
  'npx tsx tools/build.ts': 'build',
  '': '',
};

test('a command that was given no name is called what people would call it', () => {
  for (const [command, name] of Object.entries(NAMES)) assert.equal(shortNameOf(command), name, command);
});
