import { doubt, type HereDocument, type Scan } from './scan.ts';

const METACHARACTER = /[ \t\n&|;<>()]/;

/** Reads the delimiter that follows `<<` or `<<-`, with `scan.at` behind the operator. */
export function announceHereDocument(scan: Scan, dash: boolean): void {
  const { text } = scan;
  while (/[ \t]/.test(text[scan.at] ?? '')) scan.at++;
  const start = scan.at;
  let delimiter = '';
  for (let quote = ''; scan.at < text.length; scan.at++) {
    const character = text[scan.at] ?? '';
    if (/[$`\n]/.test(character) && (quote !== '' || character !== '\n'))
      doubt('a here-document’s delimiter with an expansion in it');
    if (quote === '' && METACHARACTER.test(character)) break;
    if (character === '\\') {
      if (quote === '"' || text[scan.at + 1] === '\n') doubt('a \\ in a here-document’s delimiter');
      if (quote === '') {
        delimiter += text[++scan.at] ?? '';
        continue;
      }
    }
    if (character === quote) quote = '';
    else if (quote === '' && /["']/.test(character)) quote = character;
    else delimiter += character;
  }
  const literal = text.slice(start, scan.at) !== delimiter;
  if (scan.at === start) doubt('a << without a delimiter');
  scan.announced.push({ delimiter, literal, dash, depth: scan.depth });
}

/** With `scan.at` behind a newline: opens the bodies that begin here. */
export function openHereDocuments(scan: Scan): void {
  if (scan.announced.length === 0) return;
  if (scan.announced.some(({ depth }) => depth !== scan.depth))
    doubt('a here-document across the end of a substitution');
  if (scan.bodies > 0) doubt('a here-document within another');
  const bodies: { from: number; end: number; resume: number }[] = [];
  let from = scan.at;
  for (const document of scan.announced) {
    const body = bodyOf(scan.text, from, document);
    if (!body) doubt('a here-document without its end');
    const literal = document.literal || !/[$`]/.test(scan.text.slice(from, body.end));
    bodies.push({ from: literal ? body.end : from, ...body });
    from = body.resume;
  }
  scan.announced = [];
  scan.bodies = bodies.length;
  for (const body of bodies.reverse()) scan.frames.push({ kind: 'here-document', ...body });
}

/** Where the body ends, and where the line after its delimiter begins. */
function bodyOf(
  text: string,
  from: number,
  { delimiter, literal, dash }: HereDocument,
): { end: number; resume: number } | undefined {
  let joined = false;
  for (let start = from; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    if (!joined && (dash ? line.replace(/^\t+/, '') : line) === delimiter)
      return { end: start, resume: Math.min(end + 1, text.length) };
    joined = !literal && endsInBackslash(line);
    start = end + 1;
  }
  return undefined;
}

function endsInBackslash(line: string): boolean {
  let at = line.length;
  while (line[at - 1] === '\\') at--;
  return (line.length - at) % 2 === 1;
}
