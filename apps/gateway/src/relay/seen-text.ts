import { estimateTokens } from '#metering';
import { textsOfAnswer } from './texts.js';

/** So much of a stream is kept to be read, should no usage come: some eighty events. */
const SAMPLE_BYTES = 16 * 1024;
/** Of a larger event nearly all is text. */
const LARGE_BYTES = 4 * 1024;
const BYTES_A_TOKEN = 4;

/**
 * What of a stream of text went to the client, in case that its usage never comes. While it runs, an event costs an
 * addition; the first ones are kept as they are, and what came behind them is taken to be like them.
 */
export class SeenText {
  private readonly sample: Buffer[] = [];
  private sampleBytes = 0;
  private largeBytes = 0;
  private furtherBytes = 0;

  add(events: readonly Buffer[]): void {
    for (const event of events) {
      const { length } = event;
      if (length > LARGE_BYTES) this.largeBytes += length;
      else if (this.sampleBytes + length > SAMPLE_BYTES) this.furtherBytes += length;
      else {
        this.sampleBytes += length;
        this.sample.push(event);
      }
    }
  }

  /** An estimate of the tokens that went out. */
  tokens(): number {
    const text = this.sample.flatMap((event) => textsOfAnswer(dataOf(event))).join('');
    const sampled = estimateTokens(text);
    const further = this.sampleBytes === 0 ? 0 : (sampled * this.furtherBytes) / this.sampleBytes;
    return Math.ceil(sampled + further + this.largeBytes / BYTES_A_TOKEN);
  }
}

/** The JSON of an event that the gateway has printed: one `data:` line. */
function dataOf(event: Buffer): string {
  const text = event.toString();
  return text.slice(text.indexOf('data: ') + 'data: '.length).trimEnd();
}
