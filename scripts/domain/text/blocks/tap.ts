/** What stands below a failed test in TAP: YAML between `---` and `...`, of which tools use little, or lines behind #. */
import { indentOf } from './shape.ts';

/** What says nothing to a reader, or says again what stands elsewhere. */
const SKIPPED = new Set([
  'duration_ms',
  'type',
  'failureType',
  'code',
  'operator',
  'severity',
  'at',
  'source',
  'name',
  'location',
  'expected',
  'actual',
  'wanted',
  'found',
  'stack',
  'diff',
]);

export function bareTap(body: string[]): string[] {
  if (!/^\s+---/.test(body[0] ?? '')) return barePerl(body);
  const keys = keysOf(body.slice(1));
  const name = keys.get('name')?.[0] ?? '';
  const [first = '', ...rest] = keys.get('error') ?? keys.get('message') ?? [];
  const isNamed = name === '' || /^(?:AssertionError|Error)$/.test(name) || first.startsWith(name);
  const told = first === '' && rest.length === 0 ? [] : [isNamed ? first : `${name}: ${first}`, ...rest];
  const others = [...keys].flatMap(([key, lines]) =>
    SKIPPED.has(key) || key === 'error' || key === 'message' ? [] : lines.map((line) => `${key}: ${line}`),
  );
  const stack = [...(keys.get('stack') ?? []), ...(keys.get('at') ?? [])];
  return [...told, ...sides(keys, told), ...others, ...stack];
}

/** Where the test begins. */
export function locationInTap(body: readonly string[]): string | undefined {
  return body.map((line) => /^\s+location: '([^']+)'$/.exec(line)?.[1]).find((place) => place !== undefined);
}

/** The place last: it is no stack. */
export function barePerl(body: string[]): string[] {
  const lines = body
    .map((line) => line.replace(/^\s*#\s+/, ''))
    .filter((line) => !line.startsWith('Failed test'));
  const isPlace = (line: string) => /^at \S+ line \d+/.test(line);
  return [...lines.filter((line) => !isPlace(line)), ...lines.filter(isPlace)];
}

/** Expected and actual, where the message does not tell them. */
function sides(keys: ReadonlyMap<string, string[]>, told: readonly string[]): string[] {
  const text = told.join('\n');
  const isTold =
    /!==|===|[+-] (?:actual|expected)/.test(text) || (keys.get('operator')?.[0] === '==' && told.length > 0);
  if (isTold) return [];
  return [
    ['expected', keys.get('expected') ?? keys.get('wanted')],
    ['actual', keys.get('actual') ?? keys.get('found')],
  ].flatMap(([side, lines]) => (Array.isArray(lines) && lines.length === 1 ? [`${side}: ${lines[0]}`] : []));
}

/** Each key with its text, of one line or of a block behind `|-`. */
function keysOf(lines: readonly string[]): Map<string, string[]> {
  const own = indentOf(lines.find((line) => line.trim() !== '') ?? '');
  const keys = new Map<string, string[]>();
  let open: string[] | undefined;
  for (const line of lines) {
    const [, key, value = ''] = indentOf(line) === own ? (/^\s*([\w-]+):(?: (.*))?$/.exec(line) ?? []) : [];
    if (key) {
      open = [];
      keys.set(key, open);
      if (value !== '' && !/^[|>][-+]?$/.test(value)) open.push(unquoted(value));
    } else if (open) open.push(line.slice(Math.min(own + 2, indentOf(line))));
  }
  return keys;
}

function unquoted(value: string): string {
  const inner = /^(['"])(.*)\1$/.exec(value);
  if (!inner) return value;
  return inner[1] === "'"
    ? (inner[2] ?? '').replaceAll("''", "'")
    : (inner[2] ?? '').replace(/\\(["\\])/g, '$1').replaceAll('\\n', ' ');
}

/** A suite, or a file, that has failed because a test in it has. */
export function isParentInTap(lines: readonly string[], at: number, end: number): boolean {
  return lines.slice(at + 1, end).some((line) => /^\s+failureType: 'subtestsFailed'$/.test(line));
}
