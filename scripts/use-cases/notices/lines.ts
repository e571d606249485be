import { KINDS } from '../../domain/job/kinds.ts';
import { countsText } from '../../domain/text/counts.ts';
import { briefBlock } from '../../domain/text/extract.ts';
import { type JobFacts, jobFiles, readResult } from '../../state/job/job-directory.ts';
import { lookInto } from '../../state/log/digest.ts';

/** How much of an answer of Codex's a notice looks at: characters, and lines of it. */
const ANSWER = 8 * 1024;
const ANSWER_LINES = 10;
/** A hook has milliseconds: of a long log both ends are searched. */
const SEARCH = { characters: 1_500, scanBytes: 2 * 1024 * 1024 };
/**
 * The hosts give a hook seconds, and a hook that is ended there has told nobody of anything: so much goes into the lines of
 * all ends that are told at once. Milliseconds.
 */
export const LINES_MS = 200;
/** Of what failed, and of the output's end where that tells more: so many lines all in all. */
const LINES = 8;
/** Of each failure its name, its place and its reason, which become one line; in so many characters of a reason. */
const EXTRACT = { characters: 16_000, lines: LINES * 4 };

export interface TellingLines {
  /** `3 of 243 tests failed`; null where no tool has counted */
  counts: string | null;
  /** one line each */
  failures: string[];
  /** the last ones of the output, or the first ones of Codex's answer */
  lines: string[];
}

const NOTHING: TellingLines = { counts: null, failures: [], lines: [] };

/**
 * What a notice shows of a job: what failed and how a command's output ends, or the beginning of Codex's answer.
 * Nothing where the time is up: `until`, in milliseconds of `performance.now()`.
 */
export function linesOf(facts: JobFacts, until: number): TellingLines {
  const { request, directory } = facts;
  if (performance.now() > until) return NOTHING;
  if (KINDS[request.kind].resultAs === 'output') return outputLines(facts, until);
  const rendered = readResult(directory)?.rendered ?? '';
  return { ...NOTHING, lines: filled(rendered.slice(0, ANSWER)).slice(0, ANSWER_LINES) };
}

function outputLines({ request, outcome, directory }: JobFacts, until: number): TellingLines {
  const wish = { ...EXTRACT, base: request.cwd, failed: outcome?.ending !== 'completed' };
  const { counts, blocks, tail } = lookInto(jobFiles(directory).log, {
    ...SEARCH,
    until,
    extract: wish,
  }).extract;
  const failures = blocks.slice(0, LINES).map(briefBlock);
  const last = filled(tail?.text ?? '').slice(-LINES);
  return {
    counts: (counts && countsText(counts)) ?? null,
    failures,
    lines: last.slice(failures.length > 0 ? last.length - Math.min(last.length, LINES - failures.length) : 0),
  };
}

function filled(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
