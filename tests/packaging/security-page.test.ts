/** docs/security.md names tests as proofs. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

test('each test that the security page names is there, and it names one for each boundary', () => {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
  const named = [...page.matchAll(/`(tests\/[\w/-]+)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 30, String(named.length));
  for (const path of named)
    assert.ok(existsSync(join(root, `${path}.test.ts`)) || existsSync(join(root, path)), path);
});
