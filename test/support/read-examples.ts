import { readFileSync } from 'node:fs';
import type { Language } from './run-example.js';

const ROOT = new URL('../..', import.meta.url);
const LANGUAGES: readonly string[] = ['sh', 'js', 'python'] satisfies Language[];

/** One example of a page, and what the page says that it answers. */
export interface Example {
  readonly heading: string;
  readonly language: Language;
  readonly code: string;
  /** The JSON that stands behind it, if there is some before the next one. */
  answer?: unknown;
}

/** The fenced blocks of a page that are marked as something to run, in their order. */
export function readExamples(path: string): Example[] {
  const examples: Example[] = [];
  let heading = '';
  const page = readFileSync(new URL(path, ROOT), 'utf8');
  for (const [, title, marker = '', code = ''] of page.matchAll(/^#+ (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else if (LANGUAGES.includes(marker)) examples.push({ heading, language: marker as Language, code });
    // An answer stands behind the three languages, or between the first and the others.
    else if (marker === 'json') answered(examples, heading).answer = JSON.parse(code);
  }
  return examples;
}

function answered(examples: readonly Example[], heading: string): Example {
  const example = examples.findLast((one) => one.language === 'sh' && one.heading === heading);
  if (!example) throw new Error(`An answer without a call, under '${heading}'.`);
  return example;
}
