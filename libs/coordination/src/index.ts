export { CHANGE_CHANNEL, decodeChange, encodeChange } from './change.js';
export type { Change } from './change.js';
export type { ChangeFeed, ChangeListener, FeedReport } from './change-feed.js';
export { ChangeInbox } from './change-inbox.js';
export type { Follower } from './change-inbox.js';
export { ChangePoll } from './change-poll.js';
export type { ChangeLog, LoggedChange, PollOptions } from './change-poll.js';
export { PostgresFeed } from './postgres-feed.js';
export { RedisFeed } from './redis-feed.js';
