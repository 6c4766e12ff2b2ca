import type { Wire } from '../wire.js';
import { frame } from './frame.js';
import { printEvents, printWhole } from './print-converse.js';
import { PATH, readConverse } from './read-converse.js';

/** AWS Bedrock's Converse. */
export const bedrock: Wire = {
  path: PATH,
  read: readConverse,
  printWhole,
  printEvents,
  framing: { contentType: 'application/vnd.amazon.eventstream', frame },
  printError: (_, message) => JSON.stringify({ message }),
  errorEvent: (message) => ({
    name: 'internalServerException',
    data: JSON.stringify({ message }),
    phase: 'close',
  }),
};
