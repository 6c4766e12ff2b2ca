import type { Wire } from '../wire.js';
import { printEvents, printWhole } from './print-chat.js';
import { readChat } from './read-chat.js';

/** Cohere's chat, version 2. */
export const cohere: Wire = {
  path: /^\/v2\/chat$/,
  read: readChat,
  printWhole,
  printEvents,
  printError: (_, message) => JSON.stringify({ message }),
  errorEvent: (error) => {
    const delta = { finish_reason: 'ERROR', error };
    return { name: 'message-end', data: JSON.stringify({ type: 'message-end', delta }), phase: 'close' };
  },
};
