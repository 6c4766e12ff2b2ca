-- What models cost.
ALTER TABLE "model" ADD COLUMN "price" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "target" ADD COLUMN "price" JSONB NOT NULL DEFAULT '{}';

CREATE TABLE "price" (
    "provider_type" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "price" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "price_pkey" PRIMARY KEY ("provider_type","model")
);

-- What calls cost, and the tokens that have prices of their own.
ALTER TABLE "usage_record"
  ADD COLUMN "cache_write_tokens" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "audio_prompt_tokens" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "audio_completion_tokens" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "cost_nanos" BIGINT;

-- Added up by hour and by day, in the statement that inserts the records. Half of each page is left for rows that change.
CREATE TABLE "usage_hour" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "key_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "upstream_model" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "errors" BIGINT NOT NULL,
    "cancelled" BIGINT NOT NULL,
    "unpriced" BIGINT NOT NULL,
    "prompt_tokens" BIGINT NOT NULL,
    "completion_tokens" BIGINT NOT NULL,
    "cached_tokens" BIGINT NOT NULL,
    "cache_write_tokens" BIGINT NOT NULL,
    "reasoning_tokens" BIGINT NOT NULL,
    "audio_prompt_tokens" BIGINT NOT NULL,
    "audio_completion_tokens" BIGINT NOT NULL,
    "images" BIGINT NOT NULL,
    "audio_seconds" DOUBLE PRECISION NOT NULL,
    "characters" BIGINT NOT NULL,
    "cost_nanos" DECIMAL(30,0) NOT NULL,

    CONSTRAINT "usage_hour_pkey" PRIMARY KEY ("hour","key_id","model","provider","upstream_model","operation")
) WITH (fillfactor = 50);

CREATE INDEX "usage_hour_key_id_hour_idx" ON "usage_hour"("key_id", "hour");

CREATE TABLE "usage_day" (
    "day" TIMESTAMPTZ(3) NOT NULL,
    "key_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "upstream_model" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "errors" BIGINT NOT NULL,
    "cancelled" BIGINT NOT NULL,
    "unpriced" BIGINT NOT NULL,
    "prompt_tokens" BIGINT NOT NULL,
    "completion_tokens" BIGINT NOT NULL,
    "cached_tokens" BIGINT NOT NULL,
    "cache_write_tokens" BIGINT NOT NULL,
    "reasoning_tokens" BIGINT NOT NULL,
    "audio_prompt_tokens" BIGINT NOT NULL,
    "audio_completion_tokens" BIGINT NOT NULL,
    "images" BIGINT NOT NULL,
    "audio_seconds" DOUBLE PRECISION NOT NULL,
    "characters" BIGINT NOT NULL,
    "cost_nanos" DECIMAL(30,0) NOT NULL,

    CONSTRAINT "usage_day_pkey" PRIMARY KEY ("day","key_id","model","provider","upstream_model","operation")
) WITH (fillfactor = 50);

CREATE INDEX "usage_day_key_id_day_idx" ON "usage_day"("key_id", "day");

-- The records that are there already.
INSERT INTO "usage_hour"
SELECT date_trunc('hour', at, 'UTC'), coalesce(key_id, ''),
  CASE WHEN provider IS NULL AND error_code = 'model_not_found' THEN '' ELSE model END,
  coalesce(provider, ''), coalesce(upstream_model, ''), operation,
  count(*), count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'cancelled'),
  count(*) FILTER (WHERE cost_nanos IS NULL),
  sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), 0, sum(reasoning_tokens), 0, 0,
  sum(images), sum(audio_seconds), sum(characters), 0
FROM "usage_record" GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO "usage_day"
SELECT date_trunc('day', at, 'UTC'), coalesce(key_id, ''),
  CASE WHEN provider IS NULL AND error_code = 'model_not_found' THEN '' ELSE model END,
  coalesce(provider, ''), coalesce(upstream_model, ''), operation,
  count(*), count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'cancelled'),
  count(*) FILTER (WHERE cost_nanos IS NULL),
  sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), 0, sum(reasoning_tokens), 0, 0,
  sum(images), sum(audio_seconds), sum(characters), 0
FROM "usage_record" GROUP BY 1, 2, 3, 4, 5, 6;
