import { Global, Module } from '@nestjs/common';
import { FaultLog } from '#observability';
import type { Logger } from '#observability';
import { Database } from '#persistence';
import { LOGGER } from '../logging/logging.module.js';
import { Relay } from '../relay/relay.js';
import { StoredResponses } from './stored-responses.js';

@Global()
@Module({
  providers: [
    {
      provide: StoredResponses,
      inject: [Database, Relay, LOGGER],
      useFactory: (database: Database, relay: Relay, logger: Logger) =>
        new StoredResponses(database, relay, new FaultLog(logger, 'stored_responses')),
    },
  ],
  exports: [StoredResponses],
})
export class StoredResponsesModule {}
