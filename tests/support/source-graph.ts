import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

/** Path from the repository's root → source text. */
export type Sources = Map<string, string>;

export interface Import {
  /** A path from the repository's root for a file of ours, else the package or node module. */
  target: string;
  /** 'types' leaves nothing at run time; 'lazy' is loaded when it is called. */
  kind: 'static' | 'lazy' | 'types';
}

const root = join(import.meta.dirname, '../..');

export function readSources(...folders: string[]): Sources {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|mjs|sh)$/.test(path))
      .map((path) => join(folder, path.replaceAll('\\', '/'))),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** The source with its comments blanked. Good enough for searching; strings with ` //` inside lose their end. */
export function code(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

export function importsOf(path: string, source: string): Import[] {
  const statements = code(source).matchAll(
    /^\s*(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\bfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  return [...statements].map(([, type, from, lazy]) => {
    const specifier = from ?? lazy ?? '';
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
    return { target, kind: lazy ? 'lazy' : type ? 'types' : 'static' };
  });
}

/**
 * One cycle as the list of its files, first and last the same; undefined where there is none. Imports of types count:
 * two files that name each other's types are one concept in two places.
 */
export function findCycle(sources: Sources): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, above: string[]): string[] | undefined => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path];
    const source = sources.get(path);
    if (source === undefined || done.has(path)) return undefined;
    for (const { target, kind } of importsOf(path, source)) {
      // A verb's module is loaded when it is called, and may know the table of verbs.
      if (kind === 'lazy') continue;
      const cycle = visit(target, [...above, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of sources.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Everything that is loaded when `entry` starts: files of ours, node modules and packages. */
export function loadedAtStart(sources: Sources, entry: string): Set<string> {
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { target, kind } of importsOf(path, sources.get(path) ?? '')) {
      if (kind === 'static') visit(target);
    }
  };
  visit(entry);
  return loaded;
}
