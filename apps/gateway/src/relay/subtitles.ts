/** What was said, and when it ended, by subtitles (SubRip, WebVTT). */
export interface Subtitles {
  readonly text: string;
  /** When the last one goes; undefined: there is none. */
  readonly seconds: number | undefined;
}

/** `00:01:02,500 --> 00:01:04,000`; WebVTT has a dot, and may leave out the hours. */
const CUE = /^.*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{3}).*$/gm;
const NOT_TEXT = /^(?:WEBVTT.*|\d+)$/gm;

export function readSubtitles(subtitles: string): Subtitles {
  const [, hours = '0', minutes, seconds, thousandths] = [...subtitles.matchAll(CUE)].at(-1) ?? [];
  const text = subtitles.replaceAll(CUE, '').replaceAll(NOT_TEXT, '').trim();
  if (minutes === undefined) return { text, seconds: undefined };
  return {
    text,
    seconds: Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds) + Number(thousandths) / 1_000,
  };
}
