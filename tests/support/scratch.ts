import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of one test, removed with all it holds when its scope ends. */
export function scratch(name = 'scratch'): { path: string } & Disposable {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
