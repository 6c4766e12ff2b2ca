import { describe, expect, it, vi } from 'vitest';
import { ChangeInbox } from './change-inbox.js';

function makeFollower(kinds: string[]) {
  return {
    kinds,
    apply: vi.fn<(ids: readonly string[]) => Promise<void>>(async () => {}),
    reload: vi.fn(async () => {}),
  };
}

const change = (id: string, kind = 'key') => ({ kind, id });

describe('ChangeInbox', () => {
  it('tells each follower of its kinds, once for what comes at once', async () => {
    const inbox = new ChangeInbox(() => {});
    const keys = makeFollower(['key']);
    const models = makeFollower(['model', 'provider']);
    inbox.follow(keys);
    inbox.follow(models);
    for (const id of ['a', 'b', 'a']) inbox.changed(change(id));
    inbox.changed(change('upstream', 'provider'));
    inbox.changed(change('else', 'team'));
    await inbox.settled();
    expect(keys.apply.mock.calls).toEqual([[['a', 'b']]]);
    expect(models.apply.mock.calls).toEqual([[['upstream']]]);
  });

  it('asks one thing at a time, and again for what changes meanwhile', async () => {
    const inbox = new ChangeInbox(() => {});
    const keys = makeFollower(['key']);
    let release: () => void = () => {};
    keys.apply.mockImplementationOnce(() => new Promise<void>((resolve) => (release = resolve)));
    inbox.follow(keys);
    inbox.changed(change('a'));
    await vi.waitFor(() => expect(keys.apply).toHaveBeenCalledOnce());
    inbox.changed(change('a'));
    await new Promise(setImmediate);
    expect(keys.apply).toHaveBeenCalledOnce();
    release();
    await vi.waitFor(() => expect(keys.apply.mock.calls).toEqual([[['a']], [['a']]]));
  });

  it('keeps what could not be read, and asks again', async () => {
    const report = vi.fn();
    const inbox = new ChangeInbox(report);
    const keys = makeFollower(['key']);
    keys.apply.mockRejectedValueOnce(new Error('away'));
    inbox.follow(keys);
    inbox.changed(change('a'));
    await inbox.settled();
    expect(report).toHaveBeenCalledOnce();
    inbox.changed(change('b'));
    await vi.waitFor(() => expect(keys.apply).toHaveBeenCalledTimes(2), 2_000);
    expect(keys.apply.mock.calls[1]?.[0].toSorted()).toEqual(['a', 'b']);
  });

  it('reads everything when something was missed, or too much came', async () => {
    const inbox = new ChangeInbox(() => {});
    const keys = makeFollower(['key']);
    inbox.follow(keys);
    inbox.changed(change('a'));
    inbox.missed();
    await inbox.settled();
    expect(keys.reload).toHaveBeenCalledOnce();
    for (let index = 0; index < 1_000; index++) inbox.changed(change(`key_${index}`));
    await inbox.settled();
    expect(keys.reload).toHaveBeenCalledTimes(2);
    expect(keys.apply).not.toHaveBeenCalled();
  });
});
