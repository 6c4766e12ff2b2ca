import { describe, expect, it } from 'vitest';
import { Fault } from './fault.js';
import { parseScript, PLAIN } from './script.js';

describe('parseScript', () => {
  it('gives every plain name the same script', () => {
    expect(parseScript('gpt-4o')).toEqual({ name: 'gpt-4o', script: PLAIN });
    expect(parseScript('ft:gpt-4o:acme').script).toBe(PLAIN);
  });

  it('reads keys of every kind', () => {
    const { name, script } = parseScript(
      'org/model;chunks=100;gap=2;cut=3;usage=none;done=none;json=bad;crlf=1',
    );
    expect(name).toBe('org/model');
    expect(script).toMatchObject({
      chunks: 100,
      gap: 2,
      cut: 3,
      usage: false,
      done: false,
      badJson: true,
      crlf: true,
    });
    expect(parseScript('m;status=429;retry_after=7').script).toMatchObject({ status: 429, retryAfter: 7 });
    expect(parseScript('m;finish=length;html=0').script).toMatchObject({ finish: 'length', html: false });
  });

  it.each([
    ['m;chunk=3', "Unknown sandbox script key 'chunk'"],
    ['m;constructor=1', "Unknown sandbox script key 'constructor'"],
    ['m;', "Unknown sandbox script key ''"],
    ['m;chunks', "Bad value '' for sandbox script key 'chunks'"],
    ['m;chunks=-1', "Bad value '-1'"],
    ['m;delay=99999999999', 'Bad value'],
    ['m;delay=2147483648', 'Bad value'],
    ['m;size=0', 'Bad value'],
    ['m;status=99', 'Bad value'],
    ['m;usage=some', 'Bad value'],
    ['m;crlf=yes', 'Bad value'],
    ['m;gap=1;gap=2', "'gap' is given twice"],
  ])('refuses %s loudly', (model, message) => {
    expect(() => parseScript(model)).toThrow(message);
    expect(() => parseScript(model)).toThrow(Fault);
  });
});
